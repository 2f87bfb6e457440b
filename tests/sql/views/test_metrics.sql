-- The figures for exporters.
select plan(5);

select columns_are(
  'graphile_worker', 'metrics',
  array[
    'ready', 'scheduled', 'locked', 'failed', 'queues', 'locked_queues', 'paused_queues', 'paused_tasks', 'workers',
    'jobs_added_total', 'jobs_deleted_total', 'dead_rows', 'table_bytes', 'index_bytes', 'stale_workers',
    'oldest_ready_age_seconds',
    'seconds_since_vacuum', 'xmin_age', 'held_back'
  ],
  'its columns'
);
select graphile_worker.add_job('t', run_at => now() - interval '90 seconds');
select graphile_worker.pause_queue('q');
select results_eq(
  'select m.ready, m.paused_queues, m.oldest_ready_age_seconds from graphile_worker.metrics as m',
  $$values (1::bigint, 1::bigint, 90::double precision)$$,
  'one row, those of stats()'
);
select ok(
  (select m.table_bytes > 0 and m.index_bytes > 0 and m.dead_rows >= 0 and m.xmin_age >= 0 from graphile_worker.metrics as m),
  'and of the table of jobs'
);
select is(
  (select count(*) from graphile_worker.metrics as m where m.jobs_added_total is null), 0::bigint, 'counters are numbers'
);

insert into graphile_worker._private_workers (id, last_heartbeat_at)
values ('dead', now() - interval '1 hour'), ('alive', now());
select is(
  (select (m.workers, m.stale_workers) from graphile_worker.metrics as m),
  (1::bigint, 1::bigint),
  'a worker that has died is not one that works'
);

select * from finish();
