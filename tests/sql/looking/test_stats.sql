-- How the queue is doing, in one row.
select plan(20);

create temp view figures as
select s.total, s.ready, s.scheduled, s.locked, s.failed, s.oldest_ready_age, s.queues, s.locked_queues, s.workers
from graphile_worker.stats() as s;

select results_eq(
  'select * from figures',
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
  'select * from figures',
  $$values (
    10::bigint, 4::bigint, 2::bigint, 0::bigint, 4::bigint, interval '2 hours', 2::bigint, 0::bigint, 2::bigint
  )$$,
  'jobs by state; the age of the one that has been due for longest, failed ones left out; queues; workers'
);
select graphile_worker.get_jobs('w');
select results_eq(
  'select * from figures',
  $$values (
    10::bigint, 3::bigint, 2::bigint, 1::bigint, 4::bigint, interval '2 hours', 2::bigint, 1::bigint, 2::bigint
  )$$,
  'a claim moves a job from ready to locked; jobs behind a busy queue are still ready'
);
select graphile_worker.complete_jobs(j.locked_by, array[j.id]) from graphile_worker.jobs as j where j.locked_by = 'w';
select results_eq(
  'select * from figures',
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

-- What else there is to know ----------------------------------------------------------------------------------------

select is((select s.estimated from graphile_worker.stats() as s), '{}', 'so few jobs are counted one by one');
select is(
  (select (s.paused_queues, s.paused_tasks) from graphile_worker.stats() as s), (0::bigint, 0::bigint), 'nothing paused'
);
select graphile_worker.pause_queue('a'), graphile_worker.pause_queue('b'), graphile_worker.pause_task('c');
select is(
  (select (s.paused_queues, s.paused_tasks) from graphile_worker.stats() as s),
  (2::bigint, 1::bigint),
  'how many queues and tasks are paused'
);
select ok(
  (select s.counted_at between now() and clock_timestamp() from graphile_worker.stats() as s), 'when it was counted'
);
select ok(
  (select s.jobs_added >= 0 and s.jobs_deleted >= 0 from graphile_worker.stats() as s), 'counters of the table'
);

-- Workers ------------------------------------------------------------------------------------------------------------

update graphile_worker._private_workers set last_heartbeat_at = now() - interval '4 minutes' where id = 'v';
select is(
  (select (s.workers, s.stale_workers) from graphile_worker.stats() as s),
  (2::bigint, 0::bigint),
  'heard of within five minutes'
);
update graphile_worker._private_workers set last_heartbeat_at = now() - interval '6 minutes';
select is(
  (select (s.workers, s.stale_workers) from graphile_worker.stats() as s),
  (0::bigint, 2::bigint),
  'one that nobody has heard of for longer is stale, swept or not'
);
update graphile_worker._private_workers set last_heartbeat_at = now();

-- More than are counted ----------------------------------------------------------------------------------------------

delete from graphile_worker._private_jobs;
insert into graphile_worker._private_jobs (task_id, run_at, priority, attempts)
select
  t.id,
  now() + case when n % 3 = 0 then interval '1 hour' else interval '-1 hour' end,
  n % 5,
  case when n % 3 = 1 then 25 else 0 end
from generate_series(1, 30000) as n (n)
cross join (select p.id from graphile_worker._private_tasks as p where p.identifier = 't') as t;
select results_eq(
  'select * from figures',
  $$values (
    30000::bigint, 10000::bigint, 10000::bigint, 0::bigint, 10000::bigint, interval '1 hour', 2::bigint, 0::bigint,
    2::bigint
  )$$,
  '10,000 in a state are still counted, of whatever priority'
);
insert into graphile_worker._private_jobs (task_id, run_at, attempts)
select j.task_id, j.run_at, j.attempts from graphile_worker._private_jobs as j;
-- As after a vacuum long ago, when nothing had failed yet.
update pg_class set reltuples = 60000, relpages = pg_relation_size(oid) / 8192
where oid = 'graphile_worker._private_jobs'::regclass;
update pg_class set reltuples = 5 where relname = 'jobs_failed_index' and relnamespace = 'graphile_worker'::regnamespace;
select is(
  (select (s.failed, 'failed' = any(s.at_least), 'failed' = any(s.estimated)) from graphile_worker.stats() as s),
  (10001::bigint, true, true),
  'where statistics know of fewer than were counted, it is said that this is all that is known'
);
analyze graphile_worker._private_jobs;
select is(
  (select s.estimated from graphile_worker.stats() as s),
  '{ready,scheduled,failed,total}',
  'more than 10,000 are estimated, and it says which'
);
select is((select s.at_least from graphile_worker.stats() as s), '{}', 'which are estimates, not only lower bounds');
select ok(
  (
    select
      s.ready between 15000 and 25000 and s.scheduled between 15000 and 25000 and s.failed between 15000 and 25000
      and s.total = s.ready + s.scheduled + s.locked + s.failed and s.locked = 0
    from graphile_worker.stats() as s
  ),
  'not far off, after analyze'
);
insert into graphile_worker._private_job_queues (queue_name) select 'q' || n::text from generate_series(1, 10001) as n (n);
analyze graphile_worker._private_job_queues;
select ok(
  (select s.estimated @> '{queues,locked_queues}' and s.queues > 10000 from graphile_worker.stats() as s),
  'queues, too'
);
update graphile_worker._private_jobs set run_at = '-infinity' where attempts = 0;
select is((select s.oldest_ready_age from graphile_worker.stats() as s), null, 'due for ever: no age');

select * from finish();
