-- Queues are locked for a worker at one priority, a job of each is picked.
select plan(28);

create function pg_temp.claim(
  max_jobs integer, with_plain boolean default false, priority integer default 0, tasks text[] default '{t}',
  forbidden_flags text[] default null, now timestamptz default now(), paused text[] default '{}',
  only_queues text[] default null, not_queues text[] default null, quotas integer[] default null
) returns text language sql as $$
  -- Sorted: the order of the answer carries no meaning.
  select string_agg(j.payload #>> '{}', ' ' order by j.payload #>> '{}')
  from unnest(graphile_worker._private_claim_queued(
    worker_id => 'w',
    priority => claim.priority::smallint,
    task_ids => array(
      select t.id from graphile_worker._private_tasks as t where t.identifier = any(tasks) order by t.identifier
    ),
    paused_queue_ids => array(
      select q.id from graphile_worker._private_job_queues as q where q.queue_name = any(paused)
    ),
    plain_starts => case when with_plain then array(
      select row(t.id, null, timestamptz '-infinity', 0)::graphile_worker._private_position
      from graphile_worker._private_tasks as t
    ) end,
    forbidden_flags => claim.forbidden_flags,
    now => claim.now,
    max_jobs => claim.max_jobs,
    only_queues => claim.only_queues,
    not_queues => claim.not_queues,
    quotas => claim.quotas
  )) as c (ctid)
  inner join graphile_worker._private_jobs as j on j.ctid = c.ctid
$$;
create function pg_temp.locked() returns text language sql as $$
  select string_agg(q.queue_name, ' ' order by q.queue_name)
  from graphile_worker._private_job_queues as q where q.locked_by = 'w'
$$;
create function pg_temp.unlock() returns void language sql as $$
  update graphile_worker._private_job_queues set locked_by = null, locked_at = null
$$;

select is(pg_temp.claim(10), null, 'nothing there: none');
select graphile_worker.add_job('t', to_json(c.n), c.queue, now() + c.run_at::interval, priority => c.priority)
from (values
  ('a1', 'a', '-2 hours', 0), ('a2', 'a', '-1 hour', 0),
  ('b1', 'b', '-3 hours', 0),
  ('c1', 'c', '-4 hours', 0), ('c0', 'c', '-1 hour', -1),
  ('f1', 'future', '1 hour', 0),
  ('p1', null, '-5 hours', 0), ('p2', null, '-150 minutes', 0), ('p3', null, '1 hour', 0)
) as c (n, queue, run_at, priority);

select is(
  pg_temp.claim(10), 'a1 b1 c1', 'one job of each queue at this priority that has one due, none without a queue'
);
select is(pg_temp.locked(), 'a b c', 'these queues are locked, no other');
select is(
  (select array_agg(distinct q.locked_at) from graphile_worker._private_job_queues as q where q.locked_by = 'w'),
  array[now()], 'since now'
);
select is(
  (select count(*) from graphile_worker._private_jobs where locked_at is not null), 0::bigint,
  'marking the jobs is left to the caller'
);
select is(pg_temp.claim(10), null, 'locked queues give nothing');
select pg_temp.unlock();

select is(pg_temp.claim(10, paused => '{a,c,unknown}'), 'b1', 'nor do paused ones');
select pg_temp.unlock();
select is(pg_temp.claim(1), 'c1', 'no more than max_jobs: the queue whose turn it is');
select is(pg_temp.locked(), 'c', 'no queue is locked without a job');
select pg_temp.unlock();
select is(pg_temp.claim(10, priority => -1), 'c0', 'another priority');
select pg_temp.unlock();
select is(pg_temp.claim(10, tasks => '{u}'), null, 'another task: none');
select is(pg_temp.locked(), null, 'and no queue is locked');
select is(pg_temp.claim(10, now => now() + interval '1 hour'), 'a1 b1 c1 f1', 'now decides what is due');
select is(
  (select q.locked_at from graphile_worker._private_job_queues as q where q.queue_name = 'future'),
  now(), 'but not when the queue was locked'
);
select pg_temp.unlock();

-- Jobs without a queue compete: p1 (-5 h), c1 (-4 h), b1 (-3 h), p2 (-2.5 h), a1 (-2 h).
select is(pg_temp.claim(1, with_plain => true), null, 'a job without a queue has its turn first: none');
select is(pg_temp.claim(4, with_plain => true), 'b1 c1', 'those whose turn comes before max_jobs are full');
select pg_temp.unlock();
select is(pg_temp.claim(5, with_plain => true), 'a1 b1 c1', 'all, when there is room');
select pg_temp.unlock();
select is(
  pg_temp.claim(4, with_plain => true, quotas => '{2}'), 'c1',
  'of a task with a bound of two the second: the first has no queue'
);
select pg_temp.unlock();

-- Of some queues.
select is(pg_temp.claim(10, only_queues => '{a,c%}'), 'a1 c1', 'only of these');
select pg_temp.unlock();
select is(pg_temp.claim(10, not_queues => '{a,c%}'), 'b1', 'of these not');
select is(pg_temp.locked(), 'b', 'no other queue is locked');
select is(pg_temp.claim(10, only_queues => '{b}'), null, 'no such queue is free');
select pg_temp.unlock();

-- So many of a task.
select graphile_worker.add_job('u', to_json(d.n), d.queue, now() - d.age::interval)
from (values ('d1', 'd', '8 hours'), ('e1', 'e', '7 hours'), ('e2', 'e', '6 hours'), ('a0', 'a', '9 hours')) as d (n, queue, age);
select is(pg_temp.claim(10, tasks => '{t,u}'), 'a0 b1 c1 d1 e1', 'without bounds');
select pg_temp.unlock();
select is(pg_temp.claim(10, tasks => '{t,u}', quotas => '{1,2}'), 'a0 c1 d1', 'the first of each task, not beyond its bound');
select is(pg_temp.locked(), 'a c d', 'no other queue is locked');
select pg_temp.unlock();
select is(pg_temp.claim(10, tasks => '{t,u}', quotas => '{null,1}'), 'a0 b1 c1', 'a task without a bound');
select pg_temp.unlock();
select is(pg_temp.claim(2, tasks => '{t,u}', quotas => '{5,1}'), 'a0 c1', 'the first of one do not stand before those of another');
select is(pg_temp.claim(9, tasks => '{t}', quotas => '{5}'), 'b1', 'the rest');

select * from finish();
