-- Functions that this release does not have: those that the bundle before it installed, and those with a name of ours
-- but other arguments, which are another runtime's or an earlier release's. Any other function is somebody's own.
do $leftovers$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure
    from pg_proc as p
    where
      p.pronamespace = '@extschema@'::regnamespace
      and p.prokind = 'f'
      and p.oid <> all(array[@signatures@]::oid[])
      and (
        p.proname = any(array[@names@])
        or exists (
          select from @extschema@._private_bundle as b where p.oid::regprocedure::text = any(b.functions)
        )
      )
  loop
    execute format('drop function %s', v_function);
  end loop;
end;
$leftovers$;
