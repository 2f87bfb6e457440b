-- Everything is to belong to whom the schema belongs to, where whoever installs it may act as that role: functions run with
-- the rights of their owner.
do $owner$
declare
  v_schema constant oid := '@extschema@'::regnamespace;
  v_owner regrole;
  v_object text;
begin
  select r.oid into v_owner
  from pg_namespace as n
  inner join pg_database as d on d.datname = current_database()
  inner join pg_roles as g on n.nspowner = g.oid
  -- Nobody can act as the role that stands for the owner of the database.
  inner join pg_roles as r on r.oid = case g.rolname when 'pg_database_owner' then d.datdba else n.nspowner end
  where
    n.oid = v_schema
    and pg_has_role(r.oid, 'usage')
    and pg_has_role(
      r.oid, case when current_setting('server_version_num')::integer < 160000 then 'member' else 'set' end
    )
    and has_schema_privilege(r.oid, n.oid, 'create');
  if v_owner is null then
    return;
  end if;
  for v_object in
    select o.name
    from pg_depend as d
    inner join pg_extension as e on d.refobjid = e.oid
    inner join (
      select 'pg_class'::regclass as class, c.oid, c.relowner as owner,
        format('%s %s', case c.relkind when 'v' then 'view' else 'table' end, c.oid::regclass) as name
      from pg_class as c
      where c.relnamespace = v_schema and c.relkind in ('r', 'v')
      union all
      select 'pg_type'::regclass, t.oid, t.typowner, format('type %s', t.oid::regtype)
      from pg_type as t
      inner join pg_class as c on c.oid = t.typrelid and c.relkind = 'c'
      where t.typnamespace = v_schema
      union all
      select 'pg_proc'::regclass, p.oid, p.proowner, format('function %s', p.oid::regprocedure)
      from pg_proc as p
      where p.pronamespace = v_schema and p.prokind = 'f'
    ) as o on o.class = d.classid and o.oid = d.objid
    where
      d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass and e.extname = 'graphile_worker'
      and o.owner <> v_owner
  loop
    execute format('alter %s owner to %s', v_object, v_owner);
  end loop;
end;
$owner$;
