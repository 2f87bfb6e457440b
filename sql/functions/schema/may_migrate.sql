create or replace function @extschema@.may_migrate(pid integer) returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
    from pg_stat_activity as a
    inner join pg_class as c on c.oid = '@extschema@._private_migrations'::regclass
    where a.pid = may_migrate.pid and a.datname = current_database() and pg_has_role(a.usesysid, c.relowner, 'member')
  )
$$;

comment on function @extschema@.may_migrate(integer) is
$$Tells whether a session, by the pid of its server process, is one of a role that may migrate this schema: of the
owner of its tables, a member of that role, or a superuser. A worker asks it about who has announced a migration:
anybody can send a notification, which comes with the sender's pid. False when the session has ended. Locks nothing.$$;
