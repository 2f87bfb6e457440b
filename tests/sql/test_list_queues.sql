-- Every named queue with its jobs by state.
select plan(4);

select is_empty($$select * from graphile_worker.list_queues()$$, 'no queue: no row');

create function pg_temp.add(count integer, queue_name text, state text) returns void language sql as $$
  select graphile_worker.add_job(
    state, '{}', add.queue_name, case when state = 'scheduled' then now() + interval '1 hour' end
  )
  from generate_series(1, count)
$$;
select
  pg_temp.add(1, 'a', 'ready'), pg_temp.add(2, 'a', 'scheduled'), pg_temp.add(1, 'a', 'locked'),
  pg_temp.add(3, 'a', 'failed'),
  pg_temp.add(3, 'longest', 'ready'), pg_temp.add(1, 'b', 'ready'), pg_temp.add(5, 'all failed', 'failed'),
  pg_temp.add(7, null, 'ready');
update graphile_worker._private_jobs as j
set
  locked_at = case when t.identifier = 'locked' then now() end,
  locked_by = case when t.identifier = 'locked' then 'w' end,
  attempts = case when t.identifier = 'failed' then j.max_attempts else 0 end
from graphile_worker._private_tasks as t
where t.id = j.task_id;
update graphile_worker._private_job_queues
set locked_by = 'w', locked_at = now() - interval '1 hour'
where queue_name = 'a';
select graphile_worker._private_queue_id('empty');

select results_eq(
  'select * from graphile_worker.list_queues()',
  $$values
    ('longest', 3::bigint, 0::bigint, 0::bigint, 0::bigint, null::timestamptz, null::text),
    ('a', 1, 2, 1, 3, now() - interval '1 hour', 'w'),
    ('b', 1, 0, 0, 0, null, null),
    ('all failed', 0, 0, 0, 5, null, null),
    ('empty', 0, 0, 0, 0, null, null)
  $$,
  'counts by state and who holds the queue; the longest first, then by name; queues without jobs, too'
);
select results_eq(
  $$select sum(l.ready), sum(l.scheduled), sum(l.locked), sum(l.failed) from graphile_worker.list_queues() as l$$,
  $$
    select (s.ready - 7)::numeric, s.scheduled::numeric, s.locked::numeric, s.failed::numeric
    from graphile_worker.stats() as s
  $$,
  'the sums are those of stats(), but for the jobs without a queue'
);
select results_eq(
  $$select l.queue_name from graphile_worker.list_queues() as l where l.locked_by = 'w'$$, $$values ('a')$$,
  'a queue is called locked by its own lock'
);

select * from finish();
