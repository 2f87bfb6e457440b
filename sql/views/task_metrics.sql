create or replace view @extschema@.task_metrics as
select
  t.task_identifier as task,
  t.ready,
  t.scheduled,
  t.locked,
  t.failed,
  extract(epoch from t.oldest_ready_age)::double precision as oldest_ready_age_seconds,
  (t.paused_at is not null)::integer as paused
from @extschema@.task_stats(1000, null, 10000) as t;

comment on view @extschema@.task_metrics is
$$The jobs of each task by state, counted up to 10,000 each, and how long the oldest has been due, in seconds; for
exporters, up to 1000 tasks. Whoever reads it needs to be allowed to call task_stats.$$;
