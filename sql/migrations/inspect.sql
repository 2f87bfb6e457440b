-- What a schema holds, by the catalog: which layout its tables have, who may change them, and what is in the way.
-- One row, also for a schema that does not exist.
with
-- The ledger, and not an application's own table of that name: recognised by all of its columns.
ledgers as (
  select
    c.relowner,
    c.relnamespace
  from pg_class as c
  where
    c.oid = to_regclass('@extschema@.migrations')
    and c.relkind = 'r'
    and (
      select
        count(*) filter (where (a.attname, a.atttypid) in (('id', 'int4'::regtype), ('ts', 'timestamptz'::regtype))) = 2
        and count(*) filter (where (a.attname, a.atttypid) not in (
          ('id', 'int4'::regtype), ('ts', 'timestamptz'::regtype), ('breaking', 'bool'::regtype)
        )) = 0
      from pg_attribute as a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    )
),

-- Whose tables they are: what is added has to be the same role's.
owners as (
  select
    r.rolname::text as owner,
    r.oid as owner_id,
    pg_has_role(r.oid, 'usage') as has_rights,
    -- From PostgreSQL 16 on a member may be one without the right to act as the role.
    pg_has_role(
      r.oid, case when current_setting('server_version_num')::integer < 160000 then 'member' else 'set' end
    ) as may_switch,
    r.rolname <> current_user and has_schema_privilege(r.oid, l.relnamespace, 'create') as switch_role
  from ledgers as l
  inner join pg_roles as r on l.relowner = r.oid
),

-- Whose schema it is: what a new install makes is to be that role's, where whoever installs it may act as it.
schema_owners as (
  select r.rolname::text as schema_owner
  from pg_namespace as n
  inner join pg_database as d on d.datname = current_database()
  inner join pg_roles as g on n.nspowner = g.oid
  -- Nobody can act as the role that stands for the owner of the database.
  inner join pg_roles as r on r.oid = case g.rolname when 'pg_database_owner' then d.datdba else n.nspowner end
  where
    n.oid = to_regnamespace('@extschema@')
    and r.rolname <> current_user
    and pg_has_role(r.oid, 'usage')
    and pg_has_role(
      r.oid, case when current_setting('server_version_num')::integer < 160000 then 'member' else 'set' end
    )
    and has_schema_privilege(r.oid, n.oid, 'create')
),

-- The extension that installed the queue here, which then is its to change.
extensions as (
  select min(e.extname::text) as extension
  from pg_depend as d
  inner join pg_extension as e on d.refobjid = e.oid
  where
    d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass
    and d.classid = 'pg_class'::regclass
    and d.objid in (to_regclass('@extschema@._private_jobs'), to_regclass('@extschema@.migrations'))
)

select
  e.extension,
  o.owner,
  o.switch_role,
  s.schema_owner,
  o.has_rights and (o.may_switch or not o.switch_role) as may_change,
  to_regnamespace('@extschema@') is not null as schema_exists,
  case
    -- Without it they are somebody else's, whatever they are called.
    when not exists (select from ledgers) then null
    when to_regclass('@extschema@._private_jobs') is not null then 'private'
    when to_regclass('@extschema@.tasks') is not null then 'tasks'
    when to_regclass('@extschema@.job_queues') is not null then 'text'
  end as layout,
  exists(select from ledgers) as has_ledger,
  exists(
    select from pg_attribute as a
    where a.attrelid = to_regclass('@extschema@.migrations') and a.attname = 'breaking'
  ) as has_breaking,
  to_regclass('@extschema@._private_workers') is not null as has_workers,
  to_regclass('@extschema@._private_migrations') is not null as has_own_ledger,
  -- Relations whose names a new install needs.
  array(
    select c.relname::text
    from pg_class as c
    where
      c.relnamespace = to_regnamespace('@extschema@') and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
      and (
        left(c.relname, 9) = '_private_'
        or c.relname in ('migrations', 'job_spec', 'functions', 'jobs', 'metrics', 'task_metrics')
      )
    order by c.relname
  ) as relations,
  -- Who may create functions here besides the owner of ours: one that fits a call better is called in its place, with
  -- the owner's rights.
  array(
    select distinct coalesce(r.rolname::text, 'everybody') as creator
    from pg_namespace as n
    cross join lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as a
    inner join pg_database as d on d.datname = current_database()
    left join pg_roles as g on a.grantee = g.oid
    left join pg_roles as r on r.oid = case g.rolname when 'pg_database_owner' then d.datdba else a.grantee end
    where
      n.oid = to_regnamespace('@extschema@')
      and a.privilege_type = 'CREATE'
      and (r.oid is null or not pg_has_role(r.oid, coalesce(o.owner_id, current_user::regrole), 'member'))
    order by creator
  ) as creators
from extensions as e
left join owners as o on true
left join schema_owners as s on true;
