create or replace view @extschema@.metrics as
select
  s.ready,
  s.scheduled,
  s.locked,
  s.failed,
  s.queues,
  s.locked_queues,
  s.paused_queues,
  s.paused_tasks,
  s.workers,
  s.jobs_added as jobs_added_total,
  s.jobs_deleted as jobs_deleted_total,
  h.dead_rows,
  h.table_bytes,
  h.index_bytes,
  s.stale_workers,
  extract(epoch from s.oldest_ready_age)::double precision as oldest_ready_age_seconds,
  extract(epoch from now() - greatest(h.last_vacuum, h.last_autovacuum))::double precision as seconds_since_vacuum,
  coalesce((select x.xmin_age from @extschema@.list_xmin_holders(1) as x), 0) as xmin_age,
  coalesce(s.held_back, 0) as held_back
from @extschema@.stats() as s
cross join @extschema@.table_health() as h
where h.table_name = '_private_jobs';

comment on view @extschema@.metrics is
$$The figures of stats() and of the jobs table, in one row, for exporters: seconds, bytes, counts; *_total only grow,
but for a reset of the server's statistics. Figures above 10,000 are estimates. workers
were heard of within 5 minutes, stale_workers were not. Whoever reads it needs to be allowed to
call stats, table_health and list_xmin_holders.$$;
