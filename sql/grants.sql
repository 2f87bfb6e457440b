-- Nobody but the owner may call a function until grant_role says so: most of them run with the owner's rights.
--
-- Only functions that everybody can call still, the new ones, are touched: in the script of an extension any GRANT or
-- REVOKE would make what roles have been granted until then a part of the extension, which pg_dump leaves out.
do $do$
declare
  v_new regprocedure[];
  v_routine regprocedure;
  v_is_extension boolean;
  v_role record;
begin
  v_new := array(
    select p.oid
    from pg_catalog.pg_proc as p
    cross join lateral pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as a
    where
      p.pronamespace = '@extschema@'::regnamespace
      -- Procedures are there while this runs, only.
      and p.prokind = 'f'
      and a.grantee = 0
      and (
        left(p.proname, 9) = '_private_'
        or p.oid in (select f.routine from @extschema@._private_api as f)
      )
  );
  -- Of views that had to make way for a function and were made anew: see bundle/replace.sql.
  if current_setting('graphile_worker.grants_on_views', true) <> '' then
    execute current_setting('graphile_worker.grants_on_views');
    perform set_config('graphile_worker.grants_on_views', '', true);
  end if;

  foreach v_routine in array v_new loop
    execute format('revoke all on function %s from public', v_routine);
  end loop;

  -- A role that has been granted all of a kind is to have what this release adds to it.
  v_is_extension := exists (
    select from pg_catalog.pg_depend as d
    where
      d.classid = 'pg_catalog.pg_class'::regclass
      and d.objid = '@extschema@._private_jobs'::regclass
      and d.deptype = 'e'
  );
  for v_role in
    select r.rolname, k.kind
    from pg_catalog.pg_roles as r
    cross join unnest(array['enqueue', 'worker', 'operator']) as k (kind)
    cross join lateral (
      select
        count(*) filter (where f.routine = any(v_new)) as new,
        count(*) filter (where f.routine <> all(v_new)) as old,
        count(*) filter (
          where exists (
            select from pg_catalog.pg_proc as p
            cross join lateral pg_catalog.aclexplode(p.proacl) as a
            where p.oid = f.routine and a.grantee = r.oid and a.grantee <> p.proowner
          )
        ) as granted
      from @extschema@._private_api as f
      where k.kind = any(f.kinds)
    ) as c
    where
      c.old > 0 and c.granted = c.old
      and (
        c.new > 0
        or not exists (
          select from pg_catalog.pg_class as v
          cross join lateral pg_catalog.aclexplode(v.relacl) as a
          where v.oid = '@extschema@.functions'::regclass and a.grantee = r.oid and a.privilege_type = 'SELECT'
        )
      )
  loop
    if v_is_extension then
      raise warning 'role % lacks what this release adds for %', v_role.rolname, v_role.kind using
        hint = format('Run: select %s.grant_role(%L, %L);', '@extschema@'::regnamespace, v_role.rolname, v_role.kind);
    else
      perform @extschema@.grant_role(v_role.rolname::text, v_role.kind);
    end if;
  end loop;
end;
$do$;
