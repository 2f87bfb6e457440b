create or replace function @extschema@._private_wrong_privileges(anything boolean default false) returns table (
  object text,
  grantee text,
  is_everything boolean,
  statement text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  with functions as (
    select
      p.oid::regprocedure::text as name, p.proowner as owner, a.grantor, a.grantee,
      -- grant_role, too, is the owner's.
      f.routine is null or f.kinds = '{}' as is_internal
    from pg_proc as p
    left join @extschema@._private_api as f on f.routine = p.oid
    cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
    where
      p.pronamespace = '@extschema@'::regnamespace and p.prokind = 'f'
      and (left(p.proname, 9) = '_private_' or f.routine is not null)
      and a.grantee <> p.proowner
  ),

  -- Nobody grants internal functions one by one: who has one has it from `alter default privileges`, or from a grant on
  -- all functions, and so has what only workers and operators are to have.
  everything as (
    select distinct f.grantee from functions as f where f.is_internal and f.grantee <> 0
  ),

  relations as (
    select c.oid, c.oid::regclass::text as name, c.relkind, c.relowner as owner, c.relacl, c.relrowsecurity,
      c.relforcerowsecurity, left(c.relname, 9) = '_private_' as is_internal
    from pg_class as c
    where
      c.relnamespace = '@extschema@'::regnamespace
      and (
        c.relkind = 'r' and (left(c.relname, 9) = '_private_' or c.relname = 'migrations')
        or c.relkind = 'v' and c.relname in ('_private_api', 'functions', 'jobs', 'metrics', 'task_metrics')
        or c.relkind = 'S' and exists (
          select from pg_depend as d
          inner join pg_class as t on t.oid = d.refobjid
          where
            d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass
            and d.deptype in ('a', 'i') and left(t.relname, 9) = '_private_'
        )
      )
  ),

  grants as (
    select r.oid, r.name, r.relkind, r.owner, a.grantor, a.grantee, a.privilege_type, null::text as column_name
    from relations as r
    cross join lateral aclexplode(r.relacl) as a
    union all
    select r.oid, r.name, r.relkind, r.owner, a.grantor, a.grantee, a.privilege_type, quote_ident(b.attname)
    from relations as r
    inner join pg_attribute as b on b.attrelid = r.oid and b.attnum > 0 and not b.attisdropped
    cross join lateral aclexplode(b.attacl) as a
    where r.relkind <> 'S'
  ),

  wrong as (
    select
      'function' as kind, f.name, f.grantor, f.owner, f.grantee, 'all' as privileges,
      f.grantee in (select e.grantee from everything as e) as is_everything
    from functions as f
    where anything or f.grantee = 0 or f.grantee in (select e.grantee from everything as e)
    union
    select
      case g.relkind when 'S' then 'sequence' else 'table' end, g.name, g.grantor, g.owner, g.grantee,
      lower(g.privilege_type) || coalesce(' (' || g.column_name || ')', ''), false
    from grants as g
    where
      g.grantee <> g.owner
      and (
        anything
        or g.grantee = 0
        or g.relkind = 'S'
        or g.relkind = 'v' and g.grantee in (select e.grantee from everything as e)
        -- Row level security keeps rows from whoever may only read. A policy says who may do more.
        or g.relkind = 'r' and g.privilege_type <> 'SELECT' and not (
          g.privilege_type in ('INSERT', 'UPDATE', 'DELETE')
          and exists (select from pg_policy as p where p.polrelid = g.oid and g.grantee = any(p.polroles))
        )
      )
  )

  select
    format('%s %s', w.kind, w.name),
    case w.grantee when 0 then 'everybody' else format('role %s', w.grantee::regrole) end,
    w.is_everything,
    case
      when w.grantor = w.owner then
        format(
          'revoke %s on %s %s from %s cascade', w.privileges, w.kind, w.name,
          case w.grantee when 0 then 'public' else w.grantee::regrole::text end
        )
      -- Only whoever granted it could take it back; without the right to grant, it is gone.
      else
        format(
          'revoke grant option for %s on %s %s from %s cascade', w.privileges, w.kind, w.name, w.grantor::regrole
        )
    end
  from wrong as w
  union all
  select
    format('table %s', r.name), null, false,
    format('alter table %s enable row level security, no force row level security', r.name)
  from relations as r
  where r.relkind = 'r' and r.is_internal and (r.relforcerowsecurity or not r.relrowsecurity);
end;
$$;

comment on function @extschema@._private_wrong_privileges(boolean) is
$$Internal. Privileges on functions, tables, views and sequences of this schema that nobody is to have, and tables
without row level security, each with the statement, for the owner, that puts it right:
  everybody has one, on anything;
  a role may call an internal function, or grant_role: then all that it has on functions and views (is_everything);
  a role has one on a sequence, or on a table another than select, but for those to insert, update and delete on a table
    with a policy that names the role.
grantee is null for row level security. anything: every privilege of anybody but the owner; for a new install, where
they can only be from `alter default privileges`. What grant_role grants, and other grants on public functions and on
views, are not wrong.$$;
