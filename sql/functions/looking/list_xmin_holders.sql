create or replace function @extschema@.list_xmin_holders(row_limit integer default 10) returns table (
  kind text,
  name text,
  pid integer,
  role_name text,
  state text,
  since timestamptz,
  xmin_age bigint,
  query text
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@._private_check_page(row_limit => row_limit, row_offset => 0, max_rows => 1);
  return query
  select h.kind, h.name, h.pid, h.role_name, h.state, h.since, h.xmin_age, h.query
  from (
    select
      case when a.backend_type = 'walsender' then 'standby' else 'session' end as kind,
      a.application_name as name,
      a.pid,
      a.usename::text as role_name,
      a.state,
      a.xact_start as since,
      greatest(age(a.backend_xmin), age(a.backend_xid))::bigint as xmin_age,
      left(a.query, 200) as query
    from pg_stat_activity as a
    where
      (a.backend_xmin is not null or a.backend_xid is not null)
      and a.pid <> pg_backend_pid()
      -- Its own horizon is no one's: vacuums leave each other out of account.
      and a.backend_type <> 'autovacuum worker'
      -- Of those in no database only standbys: the server's own processes look into a catalog now and then, and are
      -- done.
      and (
        a.datid = (select d.oid from pg_database as d where d.datname = current_database())
        or a.datid is null and a.backend_type = 'walsender'
      )
    union all
    select 'prepared transaction', p.gid, null, p.owner::text, null, p.prepared, age(p.transaction)::bigint, null
    from pg_prepared_xacts as p
    where p.database = current_database()
    union all
    select
      'replication slot',
      s.slot_name::text,
      s.active_pid,
      null,
      case when s.active then 'active' else 'inactive' end,
      null,
      greatest(age(s.xmin), age(s.catalog_xmin))::bigint,
      null
    from pg_replication_slots as s
    where s.xmin is not null or s.catalog_xmin is not null
  ) as h
  order by h.xmin_age desc, h.since, h.pid
  limit row_limit;
end;
$$;

comment on function @extschema@.list_xmin_holders(integer) is
$$Lists who keeps vacuum from removing dead rows, the oldest first: sessions with an open transaction in this database,
prepared transactions, replication slots, standbys. xmin_age: transactions begun since. since: when its transaction
began, and query what it runs or ran last, null when the owner of the schema may not see that (pg_read_all_stats). pid
is what pg_terminate_backend takes. Errors: GWBLM.$$;
