-- Makes a migration that is missing, and tells the workers that run.
create procedure @extschema@._private_migrate(number integer, name text, breaking boolean, script text)
language plpgsql
as $migrate$
begin
  if exists (select from @extschema@._private_migrations as m where m.id = _private_migrate.number) then
    return;
  end if;
  execute replace(_private_migrate.script, '@' || 'extschema@', '@extschema@');
  insert into @extschema@._private_migrations (id, name, breaking)
  values (_private_migrate.number, _private_migrate.name, _private_migrate.breaking);
  perform pg_notify('worker:migrate', format('{"migrationNumber": %s, "breaking": %s}', number, breaking::text));
end;
$migrate$;
