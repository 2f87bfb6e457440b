-- The first job of one queue that can be claimed, at one priority.
select plan(14);

create function pg_temp.head(
  queue_name text, tasks text[] default '{t}', priority integer default 0, forbidden_flags text[] default null,
  now timestamptz default now()
) returns text language sql as $$
  -- All four columns name the same row.
  select j.payload #>> '{}'
  from graphile_worker._private_queue_head(
    (select q.id from graphile_worker._private_job_queues as q where q.queue_name = head.queue_name),
    priority::smallint,
    array(select t.id from graphile_worker._private_tasks as t where t.identifier = any(tasks)),
    forbidden_flags,
    head.now
  ) as h
  inner join graphile_worker._private_jobs as j on (j.id, j.task_id, j.run_at, j.ctid) = (h.id, h.task_id, h.run_at, h.job_ctid)
$$;

select is(pg_temp.head('q'), null, 'no such queue: no row');
select graphile_worker.add_job(
  left(c.n, 1), to_json(c.n), c.queue, now() + c.run_at::interval, priority => c.priority, flags => c.flags
)
from (values
  ('t3', 'q', '-1 hour', 0, null), ('t4', 'q', '-1 hour', 0, null), ('t2', 'q', '-3 hours', 0, '{red}'::text[]),
  ('u1', 'q', '-4 hours', 0, null), ('t1', 'q', '-9 hours', 0, null), ('t0', 'q', '-9 hours', -1, null),
  ('v1', 'q', '-30 minutes', 0, null),
  ('t9', 'future', '1 hour', 0, null), ('t8', null, '-9 hours', 0, null), ('t7', 'before', '-9 hours', 0, null)
) as c (n, queue, run_at, priority, flags);

select is(pg_temp.head('q'), 't1', 'the first by run_at');
update graphile_worker._private_jobs set attempts = max_attempts where payload #>> '{}' = 't1';
select is(pg_temp.head('q'), 't2', 'that has an attempt left');
select is(pg_temp.head('q', forbidden_flags => '{red}'), 't3', 'and no forbidden flag; by id among equals');
select is(pg_temp.head('q', forbidden_flags => '{blue}'), 't2', 'another flag does not matter');
select is(pg_temp.head('q', '{u}'), 'u1', 'of another task');
select is(pg_temp.head('q', '{t,u}'), 'u1', 'of several tasks');
select is(pg_temp.head('q', '{t,v}'), 't2', 'the first of them all, whatever their order');
select is(pg_temp.head('q', '{}'), null, 'of no task: no row');
select is(pg_temp.head('q', priority => -1), 't0', 'at another priority');
select is(pg_temp.head('q', priority => 1), null, 'at a priority without jobs: no row');
select is(pg_temp.head('future'), null, 'nothing due: no row');
select is(pg_temp.head('future', now => now() + interval '1 hour'), 't9', 'now decides what is due');
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where payload #>> '{}' = 't2';
select is(
  pg_temp.head('q'), 't3', 'a job that is locked is passed over; whether the queue is free is for the caller to know'
);

select * from finish();
