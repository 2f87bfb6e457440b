create or replace function @extschema@.table_health() returns table (
  table_name text,
  live_rows bigint,
  dead_rows bigint,
  table_bytes bigint,
  index_bytes bigint,
  last_vacuum timestamptz,
  last_autovacuum timestamptz,
  last_analyze timestamptz,
  last_autoanalyze timestamptz,
  inserted bigint,
  updated bigint,
  deleted bigint,
  xid_age bigint
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    c.relname::text,
    pg_stat_get_live_tuples(c.oid),
    pg_stat_get_dead_tuples(c.oid),
    pg_table_size(c.oid),
    pg_indexes_size(c.oid),
    pg_stat_get_last_vacuum_time(c.oid),
    pg_stat_get_last_autovacuum_time(c.oid),
    pg_stat_get_last_analyze_time(c.oid),
    pg_stat_get_last_autoanalyze_time(c.oid),
    pg_stat_get_tuples_inserted(c.oid),
    pg_stat_get_tuples_updated(c.oid),
    pg_stat_get_tuples_deleted(c.oid),
    age(c.relfrozenxid)::bigint
  from pg_class as c
  where
    c.relnamespace = '@extschema@'::regnamespace
    and c.relkind = 'r'
    and c.relname in ('_private_jobs', '_private_job_queues', '_private_tasks', '_private_workers')
  order by c.relname <> '_private_jobs', c.relname
$$;

comment on function @extschema@.table_health() is
$$Tells what vacuum has to do with the tables of the queue, the jobs first. live_rows and dead_rows are the server's own
estimates; dead ones are what was updated or deleted and not yet cleaned up. Sizes in bytes, TOAST included. inserted,
updated, deleted count rows since the server's statistics began. xid_age: transactions since the table was last frozen;
a forced vacuum comes at autovacuum_freeze_max_age (200 million).$$;
