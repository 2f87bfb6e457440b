-- What pg_dump takes along: the rows of the queue and where its sequences stand, of every table of the extension. What a
-- fresh install seeds is left to the install that the restore begins with: of the shared ledger only what another runtime
-- has added since, and nothing of the tables that describe the install itself.
do $dump$
declare
  v_relation record;
begin
  for v_relation in
    select c.oid, case c.relname when 'migrations' then 'where id > 20' else '' end as condition
    from pg_depend as d
    inner join pg_extension as e on d.refobjid = e.oid
    inner join pg_class as c on d.objid = c.oid
    where
      d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass and d.classid = 'pg_class'::regclass
      and e.extname = 'graphile_worker'
      and c.relkind in ('r', 'S') and c.relname not in ('_private_migrations', '_private_bundle')
    order by c.relname
  loop
    perform pg_extension_config_dump(v_relation.oid, v_relation.condition);
  end loop;
end;
$dump$;
