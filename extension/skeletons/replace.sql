do $replace$
declare
  v_script constant text := @script@;
  v_function regprocedure;
begin
  execute v_script;
exception when invalid_function_definition then
  -- One that returns something else than it did can't be replaced, only dropped and made.
  for v_function in
    select p.oid from pg_proc as p where p.pronamespace = '@extschema@'::regnamespace and p.proname = '@name@'
  loop
    execute format('drop function %s', v_function);
  end loop;
  execute v_script;
end;
$replace$;
