-- How the queue is doing, in one row.
select plan(6);

select results_eq(
  'select * from graphile_worker.stats()',
  $$values (0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, null::interval, 0::bigint, 0::bigint, 0::bigint)$$,
  'nothing there: one row of zeros, and no age'
);

select graphile_worker.add_job('t', queue_name => 'q', run_at => now() - interval '2 hours') from generate_series(1, 3);
select graphile_worker.add_job('t', queue_name => 'r');
select graphile_worker.add_job('t', run_at => now() + interval '1 second') from generate_series(1, 2);
select graphile_worker.add_job('failed', run_at => now() - interval '1 week') from generate_series(1, 4);
select graphile_worker.permanently_fail_jobs(
  array(select j.id from graphile_worker.jobs as j where j.task_identifier = 'failed')
);
select graphile_worker.worker_heartbeat('w'), graphile_worker.worker_heartbeat('v');

select results_eq(
  'select * from graphile_worker.stats()',
  $$values (
    10::bigint, 4::bigint, 2::bigint, 0::bigint, 4::bigint, interval '2 hours', 2::bigint, 0::bigint, 2::bigint
  )$$,
  'jobs by state; the age of the one that has been due for longest, failed ones left out; queues; workers'
);
select graphile_worker.get_jobs('w');
select results_eq(
  'select * from graphile_worker.stats()',
  $$values (
    10::bigint, 3::bigint, 2::bigint, 1::bigint, 4::bigint, interval '2 hours', 2::bigint, 1::bigint, 2::bigint
  )$$,
  'a claim moves a job from ready to locked; jobs behind a busy queue are still ready'
);
select graphile_worker.complete_jobs(j.locked_by, array[j.id]) from graphile_worker.jobs as j where j.locked_by = 'w';
select results_eq(
  'select * from graphile_worker.stats()',
  $$values (
    9::bigint, 3::bigint, 2::bigint, 0::bigint, 4::bigint, interval '2 hours', 2::bigint, 0::bigint, 2::bigint
  )$$,
  'a job that is done is gone'
);
delete from graphile_worker._private_jobs where attempts < max_attempts;
select is((select s.oldest_ready_age from graphile_worker.stats() as s), null, 'nothing ready: no age');
select results_eq(
  'select s.total, s.ready + s.scheduled + s.locked + s.failed from graphile_worker.stats() as s',
  'values (4::bigint, 4::bigint)', 'every job is in one state'
);

select * from finish();
