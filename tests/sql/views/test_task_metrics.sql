-- The figures of each task for exporters.
select plan(2);

select columns_are(
  'graphile_worker', 'task_metrics',
  array['task', 'ready', 'scheduled', 'locked', 'failed', 'oldest_ready_age_seconds', 'paused'],
  'its columns'
);
select graphile_worker.add_job('t', run_at => now() - interval '90 seconds');
select graphile_worker.add_job('u', run_at => now() + interval '90 seconds');
select graphile_worker.pause_task('u');
select results_eq(
  'select * from graphile_worker.task_metrics',
  $$values
    ('t', 1::bigint, 0::bigint, 0::bigint, 0::bigint, 90::double precision, 0), ('u', 0, 1, 0, 0, null, 1)
  $$,
  'a row for each'
);

select * from finish();
