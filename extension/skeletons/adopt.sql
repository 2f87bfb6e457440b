-- Makes a schema that `graphile-worker migrate` (or the file for psql) made the extension's: every object of this release
-- becomes a member, no row is touched. What else stands in the schema stays its owner's; tables and types whose names
-- begin with _private_ are the queue's.
do $adopt$
declare
  v_tables constant regclass[] := array(
    select c.oid
    from pg_class as c
    where
      c.relnamespace = '@extschema@'::regnamespace and c.relkind = 'r'
      and (left(c.relname, 9) = '_private_' or c.relname = 'migrations')
    order by c.relname
  );
  v_sequences constant regclass[] := array(
    select s.oid
    from pg_depend as d
    inner join pg_class as s on d.objid = s.oid and s.relkind = 'S'
    where
      d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
      and d.refobjid = any(v_tables)
    order by s.relname
  );
  v_functions constant regprocedure[] := array(
    select p.oid
    from pg_proc as p
    where
      p.pronamespace = '@extschema@'::regnamespace and p.prokind = 'f'
      and p.proname = any(array[@functions@])
    order by p.proname
  );
  v_views constant regclass[] := array(
    select c.oid
    from pg_class as c
    where c.relnamespace = '@extschema@'::regnamespace and c.relkind = 'v' and c.relname = any(array[@views@])
    order by c.relname
  );
  v_types constant regtype[] := array(
    select t.oid
    from pg_type as t
    inner join pg_class as c on c.oid = t.typrelid and c.relkind = 'c'
    where
      t.typnamespace = '@extschema@'::regnamespace
      and (left(t.typname, 9) = '_private_' or t.typname = 'job_spec')
    order by t.typname
  );
  v_grantee record;
  v_statement text;
begin
  -- What is granted on an object when it becomes a member is taken for a part of the extension: pg_dump leaves it out. So
  -- it is taken back before, and whoever runs this is told how to grant it again.
  for v_grantee in
    with grants as (
      select
        format('%s %s', case c.relkind when 'S' then 'sequence' else 'table' end, c.oid::regclass) as object,
        c.oid, a.grantee, lower(a.privilege_type) as privilege, a.is_grantable
      from pg_class as c
      cross join lateral aclexplode(c.relacl) as a
      where c.oid = any(v_tables || v_sequences || v_views) and a.grantee <> c.relowner
      union all
      select
        format('table %s', c.oid::regclass), c.oid, a.grantee, format('%s (%I)', lower(a.privilege_type), b.attname),
        a.is_grantable
      from pg_class as c
      inner join pg_attribute as b on b.attrelid = c.oid
      cross join lateral aclexplode(b.attacl) as a
      where c.oid = any(v_tables || v_views) and a.grantee <> c.relowner
      union all
      select format('function %s', p.oid::regprocedure), p.oid, a.grantee, lower(a.privilege_type), a.is_grantable
      from pg_proc as p
      cross join lateral aclexplode(p.proacl) as a
      where p.oid = any(v_functions) and a.grantee <> p.proowner
      union all
      -- Everybody may use a type as long as nobody says otherwise.
      select format('type %s', t.oid::regtype), t.oid, a.grantee, lower(a.privilege_type), a.is_grantable
      from pg_type as t
      cross join lateral aclexplode(t.typacl) as a
      where t.oid = any(v_types) and a.grantee not in (t.typowner, 0)
    ),

    kinds as (
      select r.oid as grantee, r.rolname, k.kind
      from pg_roles as r
      cross join unnest(array['enqueue', 'worker', 'operator']) as k (kind)
      where
        r.oid in (select g.grantee from grants as g)
        and not exists (
          select from @extschema@._private_api as f
          where
            k.kind = any(f.kinds)
            and not exists (select from grants as g where g.grantee = r.oid and g.oid = f.routine)
        )
    ),

    statements as (
      select
        k.grantee, 1 as place,
        format('select %s.grant_role(%L, %L);', '@extschema@'::regnamespace, k.rolname, k.kind) as statement
      from kinds as k
      union all
      select
        g.grantee, 2,
        -- Everybody is not to have anything.
        case when g.grantee <> 0 then
          format(
            'grant %s on %s to %s%s;', string_agg(g.privilege, ', ' order by g.privilege), g.object,
            g.grantee::regrole, case when g.is_grantable then ' with grant option' end
          )
        end
      from grants as g
      where
        g.is_grantable
        or not exists (
          select from kinds as k
          where
            k.grantee = g.grantee
            and (
              g.oid in (select f.routine from @extschema@._private_api as f where k.kind = any(f.kinds))
              or g.oid = '@extschema@.functions'::regclass and g.privilege = 'select'
              or k.kind = 'operator' and g.oid = '@extschema@.jobs'::regclass and g.privilege = 'select'
            )
        )
      group by g.grantee, g.object, g.is_grantable
    )

    select
      case s.grantee when 0 then 'everybody' else 'role ' || s.grantee::regrole end as name,
      string_agg(s.statement, ' ' order by s.place, s.statement) as again,
      array(
        select distinct
          format(
            'revoke all on %s from %s cascade', g.object,
            case g.grantee when 0 then 'public' else g.grantee::regrole::text end
          )
        from grants as g
        where g.grantee = s.grantee
      ) as revokes
    from statements as s
    group by s.grantee
  loop
    foreach v_statement in array v_grantee.revokes loop
      execute v_statement;
    end loop;
    raise warning '% has lost what it was granted on the queue', v_grantee.name using
      hint = coalesce('Run: ' || v_grantee.again, 'Nobody but the owner is to have that.');
  end loop;

  for v_statement in
    select o.name
    from (
      select 1, format('table %s', t.name) from unnest(v_tables) as t (name)
      union all
      select 2, format('sequence %s', s.name) from unnest(v_sequences) as s (name)
      union all
      select 3, format('type %s', t.name) from unnest(v_types) as t (name)
      union all
      select 4, format('function %s', f.name) from unnest(v_functions) as f (name)
      union all
      select 5, format('view %s', v.name) from unnest(v_views) as v (name)
    ) as o (step, name)
    order by o.step
  loop
    execute 'alter extension graphile_worker add ' || v_statement;
  end loop;
end;
$adopt$;
