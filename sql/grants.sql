-- Nobody but the owner may call a function until grant_role says so: most of them run with the owner's rights. And
-- nobody but the owner reaches the tables.
--
-- In the script of an extension any GRANT or REVOKE would make what roles have been granted until then a part of the
-- extension, which pg_dump leaves out: there, what is not new can only be told.
do $do$
declare
  v_new regprocedure[];
  v_is_extension constant boolean := exists (
    select from pg_catalog.pg_depend as d
    where
      d.classid = 'pg_catalog.pg_class'::regclass
      and d.objid = '@extschema@._private_jobs'::regclass
      and d.deptype = 'e'
  );
  v_is_first constant boolean := not exists (select from @extschema@._private_bundle);
  v_wrong record;
  v_grantee text;
  v_lost text[] := '{}';
  v_role record;
begin
  v_new := array(
    select p.oid
    from pg_catalog.pg_proc as p
    cross join lateral pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as a
    where p.pronamespace = '@extschema@'::regnamespace and a.grantee = 0
    union
    -- Those that bundle/replace.sql has made.
    select n.oid::oid
    from regexp_split_to_table(trim(current_setting('graphile_worker.new_functions', true)), E'\\s+') as n (oid)
    where n.oid <> ''
  );
  perform set_config('graphile_worker.new_functions', '', true);
  -- Of views that had to make way for a function and were made anew: see bundle/replace.sql.
  if current_setting('graphile_worker.grants_on_views', true) <> '' then
    execute current_setting('graphile_worker.grants_on_views');
    perform set_config('graphile_worker.grants_on_views', '', true);
  end if;

  for v_wrong in
    select w.* from @extschema@._private_wrong_privileges(anything => v_is_extension and v_is_first) as w
  loop
    if v_is_extension and not v_is_first and v_wrong.grantee is not null then
      raise warning '% has privileges on % that only the owner is to have', v_wrong.grantee, v_wrong.object using
        hint = format('Run: %s;', v_wrong.statement);
      continue;
    end if;
    execute v_wrong.statement;
    if v_wrong.is_everything and not v_is_first and v_wrong.grantee <> all(v_lost) then
      v_lost := v_lost || v_wrong.grantee;
    end if;
  end loop;
  foreach v_grantee in array v_lost loop
    -- By a grant on all functions, or `alter default privileges`.
    raise warning '% could call what only the owner may; what it had on functions and views is taken back', v_grantee
    using hint = 'What it needs is granted by grant_role.';
  end loop;

  -- A role that has been granted all of a kind is to have what this release adds to it.
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
      -- What another runtime's functions were granted says nothing of kinds.
      not v_is_first
      and c.old > 0 and c.granted = c.old
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
