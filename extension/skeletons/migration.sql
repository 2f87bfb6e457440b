do $step$
begin
  if not exists (select from @extschema@._private_migrations as m where m.id = @number@) then
    execute @script@;
  end if;
end;
$step$;
