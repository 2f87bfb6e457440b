-- Puts a function (with its overloads) or a view of the bundle in the place of another release's. One that returns
-- something else than it did, or calls an argument something else, can't be replaced, only dropped and made anew: then
-- whoever was allowed to use it is so again, and nothing else of the bundle is touched. Whoever makes this procedure
-- drops it in the same transaction.
create procedure @extschema@._private_replace(kind text, name text, script text)
language plpgsql
as $replace$
declare
  v_script constant text := @script@;
  v_before constant oid[] := array(
    select p.oid from pg_proc as p
    where p.pronamespace = '@extschema@'::regnamespace and p.proname = _private_replace.name
    union all
    select c.oid from pg_class as c
    where c.relnamespace = '@extschema@'::regnamespace and c.relname = _private_replace.name
  );
  v_new regprocedure[];
  v_is_anew boolean := false;
  v_old text[];
  v_grants text[];
  v_object text;
  v_statement text;
  v_view record;
  v_grants_on_views text[] := '{}';
begin
  begin
    execute v_script;
  exception when invalid_function_definition or invalid_table_definition then
    with objects as (
      select
        format('function %s', p.oid::regprocedure) as name, p.proowner as owner,
        coalesce(p.proacl, acldefault('f', p.proowner)) as acl
      from pg_proc as p
      where
        _private_replace.kind = 'function'
        and p.pronamespace = '@extschema@'::regnamespace and p.prokind = 'f' and p.proname = _private_replace.name
      union all
      select format('table %s', c.oid::regclass), c.relowner, coalesce(c.relacl, acldefault('r', c.relowner))
      from pg_class as c
      where
        _private_replace.kind = 'view'
        and c.relnamespace = '@extschema@'::regnamespace and c.relkind = 'v' and c.relname = _private_replace.name
    )

    select
      array(select o.name from objects as o),
      array(
        select
          format(
            'grant %s on %s to %s%s', lower(a.privilege_type), o.name,
            case a.grantee when 0 then 'public' else a.grantee::regrole::text end,
            case when a.is_grantable then ' with grant option' end
          )
        from objects as o
        cross join lateral aclexplode(o.acl) as a
        where a.grantee <> o.owner
      )
    into v_old, v_grants;

    -- Views of the bundle that stand on it go first; they come again after it, their grants after them.
    for v_view in
      select distinct on (c.oid)
        c.oid::regclass as name,
        array(
          select
            format(
              'grant %s on %s to %s%s', lower(a.privilege_type), c.oid::regclass,
              case a.grantee when 0 then 'public' else a.grantee::regrole::text end,
              case when a.is_grantable then ' with grant option' end
            )
          from aclexplode(c.relacl) as a
          where a.grantee <> c.relowner
        ) as grants
      from (
        select 'pg_proc'::regclass, p.oid from pg_proc as p
        where
          _private_replace.kind = 'function'
          and p.pronamespace = '@extschema@'::regnamespace and p.proname = _private_replace.name
        union all
        select 'pg_class'::regclass, v.oid from pg_class as v
        where
          _private_replace.kind = 'view'
          and v.relnamespace = '@extschema@'::regnamespace and v.relname = _private_replace.name
      ) as o (class, oid)
      inner join pg_depend as d on d.refclassid = o.class and d.refobjid = o.oid
      inner join pg_rewrite as r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
      inner join pg_class as c on c.oid = r.ev_class
      where
        c.relnamespace = '@extschema@'::regnamespace and c.relkind = 'v' and c.relname = any(array[@views@])
        -- The rule that makes a view depends on the view.
        and c.oid <> o.oid
    loop
      execute format('drop view %s', v_view.name);
      v_grants_on_views := v_grants_on_views || v_view.grants;
    end loop;

    foreach v_object in array v_old loop
      execute 'drop ' || regexp_replace(v_object, '^table', 'view');
    end loop;
    execute v_script;
    v_is_anew := true;
  end;

  -- What is made is the owner's alone, whatever everybody, or `alter default privileges`, would be granted.
  for v_statement in
    select distinct
      format('revoke all on %s from %s', o.name, case a.grantee when 0 then 'public' else a.grantee::regrole::text end)
    from (
      select p.oid, format('function %s', p.oid::regprocedure) as name, p.proowner as owner,
        coalesce(p.proacl, acldefault('f', p.proowner)) as acl
      from pg_proc as p
      where
        _private_replace.kind = 'function'
        and p.pronamespace = '@extschema@'::regnamespace and p.prokind = 'f' and p.proname = _private_replace.name
      union all
      select c.oid, format('table %s', c.oid::regclass), c.relowner, c.relacl
      from pg_class as c
      where
        _private_replace.kind = 'view'
        and c.relnamespace = '@extschema@'::regnamespace and c.relkind = 'v' and c.relname = _private_replace.name
    ) as o
    cross join lateral aclexplode(o.acl) as a
    where o.oid <> all(v_before) and a.grantee <> o.owner
  loop
    execute v_statement;
  end loop;
  if not v_is_anew then
    -- For grants.sql: roles that have all of a kind are to have these, too.
    v_new := array(
      select p.oid from pg_proc as p
      where
        _private_replace.kind = 'function' and p.oid <> all(v_before)
        and p.pronamespace = '@extschema@'::regnamespace and p.prokind = 'f' and p.proname = _private_replace.name
    );
    perform set_config(
      'graphile_worker.new_functions',
      concat(current_setting('graphile_worker.new_functions', true), array_to_string(v_new::oid[], ' '), ' '), true
    );
    return;
  end if;

  -- In the script of an extension any GRANT or REVOKE would make it a part of the extension: see grants.sql.
  if exists (
    select from pg_depend as d
    where d.classid = 'pg_class'::regclass and d.objid = '@extschema@._private_jobs'::regclass and d.deptype = 'e'
  ) then
    foreach v_statement in array v_grants || v_grants_on_views loop
      raise warning '% % is made anew, and a grant on it is gone', kind, name using
        hint = format('Run: %s;', v_statement);
    end loop;
    return;
  end if;
  perform set_config(
    'graphile_worker.grants_on_views',
    concat(
      nullif(current_setting('graphile_worker.grants_on_views', true), ''), array_to_string(v_grants_on_views, ';'), ';'
    ),
    true
  )
  where v_grants_on_views <> '{}';
  foreach v_statement in array v_grants loop
    begin
      execute v_statement;
    exception when undefined_function then
      -- An overload that this release does not have.
      null;
    end;
  end loop;
end;
$replace$;
