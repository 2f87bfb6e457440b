-- Claims of what is limited. What several sessions do at once is in tests/py/concurrency.
select plan(31);

create function pg_temp.add(name text, task text, queue_name text default null, priority integer default 0, flags text[] default null)
returns void language sql as $$
  select graphile_worker.add_job(
    add.task, json_build_object('n', name, 'w', regexp_replace(name, '\D', '', 'g')), add.queue_name,
    now() - interval '1 hour', priority => add.priority, flags => add.flags
  )
$$;
-- What is claimed, in the order of the answer.
create function pg_temp.claim(
  max_jobs integer default 100, max_limited integer default null, forbidden_flags text[] default null,
  tasks text[] default null, worker_id text default 'w'
) returns text language sql as $$
  select coalesce(string_agg(g.payload ->> 'n', ' '), '')
  from graphile_worker.get_jobs(worker_id, tasks, max_jobs, forbidden_flags, max_limited => claim.max_limited) as g
$$;
create function pg_temp.complete(variadic names text[]) returns bigint language sql as $$
  select count(*)
  from graphile_worker._private_jobs as j, graphile_worker.complete_jobs(j.locked_by, array[j.id])
  where j.payload ->> 'n' = any(names)
$$;
create function pg_temp.clear() returns void language sql as $$
  delete from graphile_worker._private_jobs;
  delete from graphile_worker._private_job_queues;
  delete from graphile_worker._private_limits;
  delete from graphile_worker._private_buckets
$$;

-- So many at once ----------------------------------------------------------------------------------------------------

select graphile_worker.limit_task('t', 2);
select pg_temp.add('t' || n, 't') from generate_series(1, 5) as n;
select pg_temp.add('u1', 'u', priority => 1);
select is(pg_temp.claim(1), 't1', 'one of two');
select is(pg_temp.claim(), 't2 u1', 'the other; what is limited holds up nothing');
select is(pg_temp.claim(), '', 'and no more');
select is((select sum(j.attempts) from graphile_worker._private_jobs as j where j.payload ->> 'n' = 't3'), 0::bigint, 'no attempt is used');
select pg_temp.complete('t1');
select is(pg_temp.claim(), 't3', 'as one is done');
select graphile_worker.fail_jobs('w', array(select j.id from graphile_worker._private_jobs as j where j.payload ->> 'n' = 't2'), '{no}');
select is(pg_temp.claim(), 't4', 'as one has failed');
select graphile_worker.limit_task('t', 1);
select pg_temp.complete('t3');
select is(pg_temp.claim(), '', 'a limit that was lowered');
select graphile_worker.force_unlock_workers('{w}');
select is(pg_temp.claim(), 't4 u1', 'as one was taken from its worker');
select graphile_worker.unlimit_task('t');
select is(pg_temp.claim(), 't5', 'no limit');

-- With what else says no ---------------------------------------------------------------------------------------------

select pg_temp.clear();
select graphile_worker.limit_task('t', 3), graphile_worker.limit_task('u', 3);
select pg_temp.add('t' || n, 't', flags => case when n = 1 then '{red}'::text[] end) from generate_series(1, 5) as n;
select pg_temp.add('u' || n, 'u', 'q' || n) from generate_series(1, 5) as n;
select is(pg_temp.claim(max_limited => 0), '', 'none ahead');
select is(pg_temp.claim(max_limited => 2, forbidden_flags => '{red}'), 't2 t3', 'so many of all that are limited, and some are forbidden');
select is(pg_temp.claim(4), 't1 u1 u2 u3', 'with queues, and without');
select graphile_worker.pause_task('u');
select pg_temp.complete('u1', 't1');
select is(pg_temp.claim(), 't4', 'a pause');

-- A rate -------------------------------------------------------------------------------------------------------------

select pg_temp.clear();
select graphile_worker.resume_task('u'), graphile_worker.limit_task('t', rate => 2, per => '1 hour', burst => 3);
select pg_temp.add('t' || n, 't') from generate_series(1, 9) as n;
select is(pg_temp.claim(2), 't1 t2', 'two of a burst of three');
select is(pg_temp.claim(), 't3', 'the third');
select is(pg_temp.claim(), '', 'and no more');
select pg_temp.complete('t1', 't2', 't3');
select is(pg_temp.claim(), '', 'whatever becomes of them');
update graphile_worker._private_buckets set full_at = full_at - interval '61 minutes';
select is(pg_temp.claim(), 't4 t5', 'two an hour later');
select graphile_worker.limit_task('t', weight_by => 'w');
update graphile_worker._private_buckets set full_at = now();
select is(pg_temp.claim(), 't6', 'one that weighs more than the bucket holds');
select pg_temp.clear();
select graphile_worker.limit_task('t', rate => 6, per => '1 hour', weight_by => 'w');
select pg_temp.add('t3', 't'), pg_temp.add('t4', 't'), pg_temp.add('t2', 't'), pg_temp.add('u1', 'u', priority => 1);
select is(pg_temp.claim(), 't3 u1', 'a light one does not overtake a heavy one; those without a limit do');

-- Wide queues --------------------------------------------------------------------------------------------------------

select pg_temp.clear();
select graphile_worker.limit_queue('q*', 3), graphile_worker.limit_queue('q2', 1);
select pg_temp.add('a' || n, 't', 'q1') from generate_series(1, 5) as n;
select pg_temp.add('b' || n, 't', 'q2') from generate_series(1, 5) as n;
select pg_temp.add('c' || n, 't', 'z') from generate_series(1, 5) as n;
select is(pg_temp.claim(2), 'a1 b1', 'one of each');
select ok((select q.is_available from graphile_worker._private_job_queues as q where q.queue_name = 'q1'), 'there is room in it');
select is(pg_temp.claim(), 'a2 a3 c1', 'as many as there is room for, and one in others');
select ok((select q.locked_by = 'w' from graphile_worker._private_job_queues as q where q.queue_name = 'q1'), 'now it is full');
select pg_temp.complete('a2', 'b1');
select is(pg_temp.claim(worker_id => 'v'), 'a4 b2', 'as one is done');
select pg_temp.complete('a4');
select is(pg_temp.claim(max_limited => 0), '', 'none ahead');
select is(pg_temp.claim(), 'a5', 'by whoever asks');
select pg_temp.complete('c1');
select is(pg_temp.claim(), 'c2', 'what is not limited is one wide');
select pg_temp.clear();
select graphile_worker.limit_queue('q*', 5, 2, '1 hour');
select pg_temp.add('a' || n, 't', 'q1') from generate_series(1, 5) as n;
select is(pg_temp.claim() || '; ' || pg_temp.claim(), 'a1 a2; ', 'a rate of a queue');
select graphile_worker.limit_queue('q*', rate => 4);
select is(pg_temp.claim(), '', 'one that was raised leaves room from now on');
update graphile_worker._private_buckets set full_at = full_at - interval '15 minutes', next_at = now();
select is(pg_temp.claim(), 'a3', 'sooner than before');

select * from finish();
