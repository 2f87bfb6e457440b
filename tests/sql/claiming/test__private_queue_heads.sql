-- The first job that can be claimed in each free queue, at one priority.
select plan(31);

create function pg_temp.add(
  queue_name text, n text, run_at interval default '-1 hour', task text default 't', flags text[] default null
) returns void language sql as $$
  select graphile_worker.add_job(task, to_json(n), add.queue_name, now() + add.run_at, flags => add.flags)
$$;
-- The heads by their payloads, in order.
create function pg_temp.heads(
  max_heads integer, priority integer default 0, tasks text[] default '{t}', forbidden_flags text[] default null,
  now timestamptz default now(), paused text[] default '{}', only_queues text[] default null,
  not_queues text[] default null
) returns text language sql as $$
  select string_agg(j.payload #>> '{}', ' ')
  from graphile_worker._private_queue_heads(
    priority::smallint,
    array(select t.id from graphile_worker._private_tasks as t where t.identifier = any(tasks)),
    array(select q.id from graphile_worker._private_job_queues as q where q.queue_name = any(paused)),
    forbidden_flags,
    heads.now,
    max_heads,
    only_queues,
    not_queues
  ) as h
  inner join graphile_worker._private_jobs as j on (j.id, j.task_id, j.job_queue_id, j.run_at) = (h.id, h.task_id, h.queue_id, h.run_at)
$$;

select is(pg_temp.heads(10), null, 'nothing there: none');

select
  pg_temp.add('b', 'b2', '-2 hours'), pg_temp.add('b', 'b1', '-3 hours'),
  pg_temp.add('a', 'a1', '-2 hours'), pg_temp.add('a', 'a2', '-2 hours'),
  pg_temp.add('c', 'c1', '-5 hours'), pg_temp.add('c', 'c2', '-5 hours'),
  pg_temp.add('future', 'f1', '1 hour'),
  pg_temp.add('mixed', 'other', '-9 hours', 'u'), pg_temp.add('mixed', 'flagged', '-8 hours', 't', '{red}'),
  pg_temp.add('mixed', 'm1', '-1 hour'),
  pg_temp.add(null, 'plain', '-9 hours');
select is(
  pg_temp.heads(10), 'flagged c1 b1 a1',
  'the first of each queue by run_at and id, in that order; none that is due later'
);
select is(pg_temp.heads(2), 'flagged c1', 'no more than max_heads');
select is(pg_temp.heads(2, paused => '{b,c}'), 'flagged a1', 'paused queues are passed over');
select is(
  pg_temp.heads(10, forbidden_flags => '{blue,red}'), 'c1 b1 a1 m1', 'jobs with a forbidden flag are passed over'
);
select is(pg_temp.heads(10, forbidden_flags => '{blue}'), 'flagged c1 b1 a1', 'another flag is not forbidden');
select is(pg_temp.heads(10, only_queues => '{b,c,none}'), 'c1 b1', 'only of these queues');
select is(pg_temp.heads(10, only_queues => '{b,c}', paused => '{c}'), 'b1', 'of those that are not paused');
select is(pg_temp.heads(10, only_queues => '{}'), null, 'of no queue');
select is(pg_temp.heads(10, not_queues => '{b,m%}'), 'c1 a1', 'not of these');
select is(pg_temp.heads(10, tasks => '{u}'), 'other', 'jobs of other tasks are passed over');
select is(pg_temp.heads(10, tasks => '{t,u}'), 'other c1 b1 a1', 'several tasks');
select is(pg_temp.heads(10, tasks => '{}'), null, 'no task: none');
select is(pg_temp.heads(10, priority => 1), null, 'another priority: none');
select is(pg_temp.heads(10, now => now() - interval '150 minutes'), 'flagged c1 b1', 'now decides what is due');
select is(
  pg_temp.heads(10, now => now() + interval '1 hour'), 'flagged c1 b1 a1 f1', 'a job that is due at that instant, too'
);
update graphile_worker._private_job_queues set locked_at = now(), locked_by = 'w' where queue_name = 'b';
update graphile_worker._private_jobs set attempts = max_attempts where payload #>> '{}' = 'c1';
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where payload #>> '{}' = 'flagged';
select is(
  pg_temp.heads(10), 'c2 a1 m1',
  'queues that are locked are passed over, and jobs that are out of attempts or locked though their queue is not'
);
select is(
  (select count(*) from graphile_worker._private_jobs where xmax <> '0'), 0::bigint,
  'no row of a job was locked by this'
);

-- Deep queues in front: more jobs than the walk in claim order reads.
delete from graphile_worker._private_jobs;
update graphile_worker._private_job_queues set locked_at = null, locked_by = null;
select pg_temp.add('deep', 'd' || n, '-3 days') from generate_series(1, 2000) as n;
select pg_temp.add('q' || n, 'q' || n, make_interval(secs => n - 10000)) from generate_series(1, 30) as n;
select is(pg_temp.heads(10), 'd1 q1 q2 q3 q4 q5 q6 q7 q8 q9', 'one deep queue: the order is exact');
select pg_temp.add('deeper' || n % 3, 'e' || n, '-2 days') from generate_series(1, 2000) as n;
select is(pg_temp.heads(10), 'd1 e1 e2 e3 q1 q2 q3 q4 q5 q6', 'several: the order is exact');
update graphile_worker._private_job_queues set locked_at = now(), locked_by = 'w' where queue_name like 'deep%';
select is(
  pg_temp.heads(10), 'q1 q2 q3 q4 q5 q6 q7 q8 q9 q10', 'deep queues that are locked: the order of the others is exact'
);
update graphile_worker._private_job_queues set locked_at = null, locked_by = null;
select is(pg_temp.heads(3, not_queues => '{deep%}'), 'q1 q2 q3', 'deep queues that are not wanted');
select is(pg_temp.heads(3, only_queues => '{q1%}'), 'q1 q10 q11', 'of a few others');
select is(pg_temp.heads(1, only_queues => '{q30,deep}'), 'd1', 'deep ones that are');
update graphile_worker._private_job_queues set locked_at = now(), locked_by = 'w' where queue_name like 'deep%';
select is(pg_temp.heads(1), 'q1', 'for one head as well');
select is(pg_temp.heads(10, tasks => '{u}'), null, 'none that can be claimed behind them: none');

-- More queues than the round looks at.
select pg_temp.add('many' || n, 'x', '-1 hour') from generate_series(1, 1500) as n;
select is(
  (select array_agg(distinct array_length(string_to_array(pg_temp.heads(10), ' '), 1)) from generate_series(1, 5)),
  array[10], 'more than 1000 queues behind deep ones: as many heads as asked for, each time'
);
update graphile_worker._private_job_queues set locked_at = null, locked_by = null;
select is(
  (select array_agg(distinct array_length(string_to_array(pg_temp.heads(10, not_queues => '{deep%}'), ' '), 1))
  from generate_series(1, 5)),
  array[10], 'where these are not wanted, too'
);
insert into graphile_worker._private_job_queues (queue_name) select 'idle' || n from generate_series(1, 3000) as n;
select is(pg_temp.heads(1, only_queues => '{idle%}'), null, 'thousands that are wanted and have no jobs');
select is(pg_temp.heads(1, only_queues => '{idle%,q7}'), 'q7', 'and one that has');
select is(
  pg_temp.heads(1, only_queues => '{many%}', tasks => '{u}'), null, 'thousands that are wanted and have none of a task'
);

select * from finish();
