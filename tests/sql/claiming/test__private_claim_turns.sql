-- Jobs in queues and jobs without one take turns at one priority.
select plan(21);

create function pg_temp.add(name text, run_at interval, queue_name text default null, task text default 't')
returns void language sql as $$
  select graphile_worker.add_job(add.task, to_json(add.name), add.queue_name, now() + add.run_at, job_key => add.name)
$$;
-- What is claimed, given where those in queues begin, and where those without one do: whose turn it is comes first.
create function pg_temp.claim(
  max_jobs integer, head text, plain text[] default null, forbidden_flags text[] default null,
  paused text[] default '{}', quotas integer[] default null, not_queues text[] default null
) returns text language sql as $$
  select string_agg(j.key, ' ' order by j.run_at, j.id)
  from graphile_worker._private_jobs as h
  cross join lateral unnest(graphile_worker._private_claim_turns(
    worker_id => 'w',
    priority => 0::smallint,
    task_ids => array(select t.id from graphile_worker._private_tasks as t order by t.identifier),
    paused_queue_ids => array(
      select q.id from graphile_worker._private_job_queues as q where q.queue_name = any(paused)
    ),
    plain_starts => nullif(array(
      select row(j.task_id, null, j.run_at, j.id)::graphile_worker._private_position
      from graphile_worker._private_jobs as j where j.key = any(plain)
    ), '{}'),
    queued_run_at => case when h.job_queue_id is not null then h.run_at end,
    queued_id => case when h.job_queue_id is not null then h.id end,
    forbidden_flags => claim.forbidden_flags,
    refused_ids => null,
    now => now(),
    max_jobs => claim.max_jobs,
    not_queues => claim.not_queues,
    quotas => claim.quotas
  )) as c (ctid)
  inner join graphile_worker._private_jobs as j on j.ctid = c.ctid
  where h.key = head
$$;
create function pg_temp.claims_null(plain boolean) returns boolean language sql as $$
  select graphile_worker._private_claim_turns(
    worker_id => 'w',
    priority => 0::smallint,
    task_ids => array(select t.id from graphile_worker._private_tasks as t),
    paused_queue_ids => '{}',
    plain_starts => case when plain then array(
      select row(t.id, null, now(), 0)::graphile_worker._private_position from graphile_worker._private_tasks as t
    ) end,
    queued_run_at => now(),
    queued_id => 0,
    forbidden_flags => null,
    refused_ids => null,
    now => now(),
    max_jobs => 10
  ) is null
$$;
create function pg_temp.locked() returns text language sql as $$
  select string_agg(q.queue_name, ' ' order by q.queue_name)
  from graphile_worker._private_job_queues as q where q.locked_by = 'w'
$$;
create function pg_temp.unlock() returns void language sql as $$
  update graphile_worker._private_job_queues set locked_by = null, locked_at = null
$$;

select
  pg_temp.add('p0', '-9 hours'), pg_temp.add('a1', '-8 hours', 'a'), pg_temp.add('a2', '-7 hours', 'a'),
  pg_temp.add('p1', '-6 hours'), pg_temp.add('u1', '-5 hours', task => 'u'), pg_temp.add('b1', '-4 hours', 'b', 'u'),
  pg_temp.add('p2', '-3 hours'), pg_temp.add('p3', '1 hour'), pg_temp.add('c1', '1 hour', 'c');

select is(pg_temp.claim(10, 'a1'), 'a1 b1', 'without a start none without a queue');
select is(pg_temp.locked(), 'a b', 'queues are locked for the worker');
select is(pg_temp.claim(10, 'a1'), null, 'locked queues give nothing');
select pg_temp.unlock();
select is(
  pg_temp.claim(10, 'a1', '{p0,u1}'), 'a1 p1 u1 b1 p2',
  'what comes before the first in a queue has been claimed; one of each queue; nothing that is not due'
);
select pg_temp.unlock();
select is(pg_temp.claim(3, 'a1', '{p0,u1}'), 'a1 p1 u1', 'no more than max_jobs, in order');
select is(pg_temp.locked(), 'a', 'and no queue whose turn comes later');
select pg_temp.unlock();
select is(pg_temp.claim(10, 'a1', '{p2}'), 'a1 b1 p2', 'a start that comes after the first in a queue');
select pg_temp.unlock();
select is(pg_temp.claim(10, 'a1', '{p0,u1}', paused => '{a}'), 'p1 u1 b1 p2', 'paused queues are passed over');
select pg_temp.unlock();
update graphile_worker._private_jobs set flags = '{"red": true}' where key in ('p1', 'b1');
select is(pg_temp.claim(10, 'a1', '{p0,u1}', '{red}'), 'a1 u1 p2', 'so are jobs with a forbidden flag');
select pg_temp.unlock();

update graphile_worker._private_jobs set flags = null;
select is(pg_temp.claim(10, 'a1', '{p0,u1}', not_queues => '{a}'), 'p1 u1 b1 p2', 'and queues that are not to be taken');
select pg_temp.unlock();

-- Within quotas: two jobs of t and one of u, in queues or not.
select is(pg_temp.claim(10, 'a1', '{p0,u1}', quotas => '{9,9}'), 'p0 a1 p1 u1 b1 p2', 'nothing was claimed before');
select pg_temp.unlock();
select is(pg_temp.claim(10, 'a1', '{p0,u1}', quotas => '{2,1}'), 'p0 a1 u1', 'no more of each than may be, the first of it');
select is(pg_temp.locked(), 'a', 'no queue is locked besides');
select pg_temp.unlock();
select is(pg_temp.claim(10, 'a1', '{p0,u1}', quotas => '{1,null}'), 'p0 u1 b1', 'a task without a bound');
select pg_temp.unlock();
select is(pg_temp.claim(10, 'a1', quotas => '{1,1}'), 'a1 b1', 'none without a queue');
select pg_temp.unlock();
select is(pg_temp.claim(10, 'p0', '{p0,u1}', quotas => '{2,1}'), 'p0 p1 u1', 'none in a queue');
select pg_temp.add('a0', '-9 hours', 'a', 'u'), pg_temp.add('d1', '-8 hours', 'd', 'u');
select is(
  pg_temp.claim(10, 'a1', quotas => '{null,1}'), 'a0', 'one of u has its turn in the first queue, so the others wait for it'
);
select pg_temp.unlock();
delete from graphile_worker._private_jobs where key in ('a0', 'd1');

select is(pg_temp.claims_null(false), false, 'a queue is free and has a job that is due: not null');
select pg_temp.unlock();
update graphile_worker._private_job_queues set locked_by = 'other', locked_at = now();
select is(pg_temp.claims_null(false), true, 'no queue is free: null');
select is(pg_temp.claims_null(true), false, 'but not where jobs without a queue were looked at, too');
select is(
  (select count(*) from graphile_worker._private_jobs where locked_at is not null), 0::bigint,
  'marking the jobs is left to the caller'
);

select * from finish();
