-- A worker claims jobs.
select plan(90);

-- A job by its name, which is its payload.
create function pg_temp.add(
  name text, queue_name text default null, run_at interval default '-1 hour', priority integer default 0,
  task text default 't',
  flags text[] default null
) returns void language sql as $$
  select graphile_worker.add_job(
    task, to_json(name), add.queue_name, now() + add.run_at, priority => add.priority, flags => add.flags
  )
$$;
-- What is claimed, in the order of the answer.
create function pg_temp.claim(
  max_jobs integer default 1, worker_id text default 'w', tasks text[] default null,
  forbidden_flags text[] default null,
  now timestamptz default now()
) returns text language sql as $$
  select string_agg(g.payload #>> '{}', ' ')
  from graphile_worker.get_jobs(worker_id, tasks, max_jobs, forbidden_flags, claim.now) as g
$$;
create function pg_temp.complete(variadic names text[]) returns bigint language sql as $$
  select count(*)
  from graphile_worker._private_jobs as j, graphile_worker.complete_jobs(j.locked_by, array[j.id])
  where j.payload #>> '{}' = any(names)
$$;
create function pg_temp.clear() returns void language sql as $$
  delete from graphile_worker._private_jobs;
  delete from graphile_worker._private_job_queues
$$;

-- The answer ---------------------------------------------------------------------------------------------------------

select is(pg_temp.claim(), null, 'nothing there: no row');
create temp table added as
select * from graphile_worker.add_job(
  't', '{"b" : 1, "a":2, "b": "\u0000"}', 'q', now() - interval '1 hour', 7, 'k', -3, '{red}'
);
update graphile_worker._private_jobs
set
  created_at = now() - interval '2 hours', updated_at = now() - interval '1 minute', attempts = 2, last_error = 'boom';
select results_eq(
  $$
    select
      g.id, g.task_identifier, g.payload::text, g.queue_name, g.priority::int, g.run_at, g.attempts::int,
      g.max_attempts::int,
      g.created_at, g.key, g.flags
    from graphile_worker.get_jobs('w') as g
  $$,
  $$
    select
      a.id, 't', '{"b" : 1, "a":2, "b": "\u0000"}', 'q', -3, now() - interval '1 hour', 3, 7,
      now() - interval '2 hours', 'k', '{"red": true}'::jsonb
    from added as a
  $$,
  'what a worker needs: names in place of ids, the payload to the character, this attempt counted'
);
select results_eq(
  $$
    select j.attempts::int, j.locked_by, j.locked_at, j.is_available, j.last_error, j.run_at, j.key, j.revision
    from graphile_worker._private_jobs as j
  $$,
  $$values (3, 'w', now(), false, 'boom', now() - interval '1 hour', 'k', 0)$$,
  'the job is locked, all else is as it was'
);
select results_eq(
  $$select q.queue_name, q.locked_by, q.locked_at from graphile_worker._private_job_queues as q$$,
  $$values ('q', 'w', now())$$,
  'and so is its queue'
);
select is(pg_temp.claim(), null, 'a job is claimed once');
select is(pg_temp.claim(10, 'v'), null, 'not by another worker either');
select results_eq(
  $$
    select g.queue_name, g.key, g.flags, g.payload::text
    from graphile_worker.add_job('t', 'null') as j, graphile_worker.get_jobs('w') as g
  $$,
  $$values (null::text, null::text, null::jsonb, 'null')$$,
  'a job without queue, key and flags'
);

-- Which jobs ---------------------------------------------------------------------------------------------------------

select pg_temp.clear();
select
  pg_temp.add('late', run_at => '1 hour'), pg_temp.add('late in a queue', 'q', '1 hour'),
  pg_temp.add('now', run_at => '0'), pg_temp.add('exhausted'), pg_temp.add('last attempt');
update graphile_worker._private_jobs set attempts = max_attempts where payload #>> '{}' = 'exhausted';
update graphile_worker._private_jobs set attempts = max_attempts - 1 where payload #>> '{}' = 'last attempt';
select is(pg_temp.claim(10), 'last attempt now', 'jobs that are due and have an attempt left');
select is(pg_temp.claim(10, now => now() + interval '59 minutes'), null, 'now: not due yet');
select is(pg_temp.claim(10, now => now() + interval '1 hour'), 'late late in a queue', 'now: due');
select is(
  (select array_agg(distinct j.locked_at) from graphile_worker._private_jobs as j where j.payload #>> '{}' like 'late%')
  || (select array_agg(q.locked_at) from graphile_worker._private_job_queues as q),
  array[now(), now()], 'now: job and queue are locked as of the server''s clock all the same'
);
select pg_temp.clear();
select pg_temp.add('a'), pg_temp.add('b');
select is(pg_temp.claim(10, now => now() - interval '61 minutes'), null, 'now: before anything was due');
select is((select count(*) from graphile_worker.get_jobs('w')), 1::bigint, 'one job by default');

select pg_temp.clear();
select
  pg_temp.add('plain', flags => null), pg_temp.add('none', flags => '{}'), pg_temp.add('red', flags => '{red}'),
  pg_temp.add('both', flags => '{red,blue}'), pg_temp.add('queued', 'q', flags => '{red}'), pg_temp.add('behind', 'q');
select is(
  pg_temp.claim(10, forbidden_flags => '{red,green}'), 'plain none behind',
  'forbidden flags: jobs with one of them are left alone, and do not hold up those behind them'
);
select is(
  pg_temp.claim(10, forbidden_flags => array['blue', null]), 'red',
  'forbidden flags: others are no reason, nor is null'
);
select is(pg_temp.complete('behind'), 1::bigint, 'the queue is free');
select is(pg_temp.claim(10, forbidden_flags => '{}'), 'both queued', 'forbidden flags: none');

select pg_temp.clear();
select
  pg_temp.add('t1'), pg_temp.add('u1', task => 'u'), pg_temp.add('v1', task => 'v'),
  pg_temp.add('v2', 'q', task => 'v'), pg_temp.add('t2', 'q');
select is(pg_temp.claim(10, tasks => '{}'), null, 'no task: none');
select is(pg_temp.claim(10, tasks => '{nosuch}'), null, 'a task that nobody has added: none');
select is(
  pg_temp.claim(10, tasks => '{t,nosuch,t}'), 't1 t2', 'one task: its jobs, also behind another task''s in a queue'
);
select is(pg_temp.claim(10, tasks => '{u,v}'), 'u1 v1', 'two tasks: their jobs, but for a queue that is busy');
select is(pg_temp.complete('t2'), 1::bigint, 'which is free now');
select is(pg_temp.claim(10), 'v2', 'null: any task');

-- Order --------------------------------------------------------------------------------------------------------------

select pg_temp.clear();
select
  pg_temp.add('l', 'q9', '-9 hours', 32767), pg_temp.add('k', null, '-9 hours', 2, 'u'),
  pg_temp.add('j', 'q8', '-9 hours', 1),
  pg_temp.add('b', 'q1', '-1 hour', -5), pg_temp.add('a', null, '-2 hours', -5, 'u'),
  pg_temp.add('A', null, '1 minute', -32768),
  pg_temp.add('c', null, '-3 hours'), pg_temp.add('d', 'q2', '-2 hours'), pg_temp.add('e', null, '-2 hours', 0, 'u'),
  pg_temp.add('f', null, '-2 hours'), pg_temp.add('g', 'q3', '-2 hours', 0, 'u'), pg_temp.add('h', 'q4', '-1 hour'),
  pg_temp.add('i', null, '-1 hour', 0, 'v');
create temp table ordered as
select j.payload #>> '{}' as name from graphile_worker._private_jobs as j
where j.run_at <= now() order by j.priority, j.run_at, j.id;
select is(
  (select string_agg(o.name, ' ') from ordered as o), 'a b c d e f g h i j k l', 'the order of priority, run_at, id'
);
select is(
  pg_temp.claim(13), 'a b c d e f g h i j k l', 'a batch comes in this order, with and without queue, of all tasks'
);
update graphile_worker._private_jobs set locked_at = null, locked_by = null;
update graphile_worker._private_job_queues set locked_at = null, locked_by = null;
select is(pg_temp.claim(1), o.name, 'one at a time: ' || o.name) from ordered as o;
update graphile_worker._private_jobs set locked_at = null, locked_by = null;
update graphile_worker._private_job_queues set locked_at = null, locked_by = null;
select is(pg_temp.claim(5), 'a b c d e', 'five at a time');
select is(pg_temp.claim(5), 'f g h i j', 'five more');
select is(pg_temp.claim(5, now => now() + interval '1 minute'), 'A k l', 'what has become due, and the rest');

-- Queues -------------------------------------------------------------------------------------------------------------

select pg_temp.clear();
select
  pg_temp.add('q1', 'q', '-3 hours'), pg_temp.add('q2', 'q', '-2 hours'), pg_temp.add('q0', 'q', '-1 hour', -1),
  pg_temp.add('r1', 'r', '-2 hours'), pg_temp.add('r2', 'r', '-1 hour'), pg_temp.add('p', null, '-1 hour');
select is(pg_temp.claim(10), 'q0 r1 p', 'a batch holds one job of a queue, also at several priorities');
select is(pg_temp.claim(10, 'v'), null, 'nobody gets the next one');
select is(pg_temp.claim(10), null, 'not the same worker either');
select is(pg_temp.complete('q0'), 1::bigint, 'the first is done');
select is(pg_temp.claim(10, 'v'), 'q1', 'the next one can be claimed in the same transaction, by anybody');
select is(pg_temp.claim(10), null, 'and only that one');
select isnt_empty(
  $$
    select f.id
    from graphile_worker._private_jobs as j, graphile_worker.fail_jobs('v', array[j.id], '{boom}') as f
    where j.payload #>> '{}' = 'q1'
  $$,
  'it fails'
);
select is(pg_temp.claim(10), 'q2', 'a job that waits for its retry does not hold up those behind it');
select is(pg_temp.claim(10, now => now() + interval '3 seconds'), null, 'its retry waits for the queue to be free');
select is(pg_temp.complete('q2'), 1::bigint, 'which it is now');
select is(pg_temp.claim(10, now => now() + interval '3 seconds'), 'q1', 'it has its turn when its retry is due');
select isnt_empty(
  $$
    select r.*
    from graphile_worker._private_jobs as j, graphile_worker.return_jobs('w', array[j.id]) as r
    where j.payload #>> '{}' = 'r1'
  $$,
  'another one is returned'
);
select is(pg_temp.claim(10, 'v'), 'r1', 'and is the first of its queue again');

-- Depth --------------------------------------------------------------------------------------------------------------

select pg_temp.clear();
select pg_temp.add('d' || n, 'deep', '-3 hours') from generate_series(1, 2000) as n;
select pg_temp.add('q' || n, 'q' || n, '-2 hours') from generate_series(1, 30) as n;
select pg_temp.add('p' || n, null, '-1 hour') from generate_series(1, 2) as n;
select is(pg_temp.claim(10), 'd1 q1 q2 q3 q4 q5 q6 q7 q8 q9', 'a deep queue in front does not starve the others');
select is(pg_temp.claim(10), 'q10 q11 q12 q13 q14 q15 q16 q17 q18 q19', 'nor when it is busy');
select is(pg_temp.claim(100), 'q20 q21 q22 q23 q24 q25 q26 q27 q28 q29 q30 p1 p2', 'nor jobs without a queue');
select pg_temp.clear();
select pg_temp.add('d' || n, 'deep' || n % 5, '-3 hours') from generate_series(1, 1000) as n;
select pg_temp.add('q' || n, 'q' || n, '-2 hours') from generate_series(1, 1200) as n;
select pg_temp.claim(5, worker_id => 'busy');
select is(
  -- n stands in the arguments so that every row makes a call.
  (
    select array_agg((select count(*) from graphile_worker.get_jobs('w' || n, max_jobs => 100)))
    from generate_series(1, 13) as n
  ),
  array_fill(100::bigint, array[12]) || 0::bigint,
  'more than 1000 queues behind deep ones that are busy: batches are full until all have been claimed'
);

-- Pauses -------------------------------------------------------------------------------------------------------------

select pg_temp.clear();
select pg_temp.add(c.name, c.queue_name, task => c.task)
from (values ('t1', null, 't'), ('u1', null, 'u'), ('a1', 'a', 't'), ('b1', 'b', 't'), ('c1', 'c', 'u')) as c (
  name, queue_name, task
);
insert into graphile_worker._private_paused_tasks (task_identifier) values ('u'), ('unknown');
insert into graphile_worker._private_paused_queues (queue_name) values ('a'), ('unknown');
select is(pg_temp.claim(10), 't1 b1', 'nothing of a task or queue that is paused');
select is(pg_temp.claim(10, tasks => '{u}'), null, 'nor when no other task is asked for');
delete from graphile_worker._private_paused_tasks;
select is(pg_temp.claim(10), 'u1 c1', 'a task that is resumed');
delete from graphile_worker._private_paused_queues;
select is(pg_temp.claim(10), 'a1', 'a queue that is resumed');
select pg_temp.clear();
select pg_temp.add('d' || n, 'deep' || n % 3, '-2 hours') from generate_series(1, 600) as n;
select pg_temp.add('last', 'free', '-1 hour');
insert into graphile_worker._private_paused_queues (queue_name) select 'deep' || n from generate_series(0, 2) as n;
select is(pg_temp.claim(10), 'last', 'deep queues that are paused hold up nobody');
delete from graphile_worker._private_paused_queues;

-- The hint -----------------------------------------------------------------------------------------------------------

create function pg_temp.claim_after(after text, max_jobs integer, tasks text[] default null) returns text
language sql as $$
  select string_agg(g.payload #>> '{}', ' ')
  from graphile_worker._private_jobs as j
  cross join lateral graphile_worker.get_jobs(
    'w', tasks, max_jobs, after_priority => j.priority, after_run_at => j.run_at, after_id => j.id
  ) as g
  where j.payload #>> '{}' = after
$$;
create function pg_temp.refill() returns void language sql as $$
  select pg_temp.clear();
  select pg_temp.add(c.name, c.queue_name, c.run_at::interval, c.priority, c.task)
  from (values
    ('urgent', null, '-1 minute', -1, 't'), ('a1', null, '-9 hours', 0, 't'), ('b1', null, '-8 hours', 0, 'u'),
    ('a2', null, '-2 hours', 0, 't'), ('a3', null, '-2 hours', 0, 't'), ('b2', null, '-1 hour', 0, 'u'),
    ('q1', 'q', '-5 hours', 0, 't'), ('later', null, '-7 hours', 1, 't'), ('future', null, '1 hour', 0, 't')
  ) as c (name, queue_name, run_at, priority, task)
$$;
select pg_temp.refill();
select is(pg_temp.claim_after('a2', 2), 'urgent q1', 'a better priority and queues come first all the same');
select is(pg_temp.claim_after('a2', 2), 'a3 b2', 'then what stands after the position');
select is(pg_temp.claim_after('a2', 1), 'later', 'then lower priorities');
select is(pg_temp.claim_after('a2', 10), 'a1 b1 a2', 'at last what stands before it, and the position itself');
select pg_temp.refill();
select is(
  pg_temp.claim_after('a2', 10), 'urgent a1 b1 q1 a2 a3 b2 later', 'with room for all nothing is left out, in claim order'
);
select pg_temp.refill();
select is(pg_temp.claim_after('a2', 3, '{t}'), 'urgent q1 a3', 'one task: after the position');
select is(pg_temp.claim_after('a2', 10, '{t}'), 'a1 a2 later', 'one task: and then before it');
select pg_temp.refill();
select is(pg_temp.claim_after('future', 2), 'urgent q1', 'a position in the future holds back nothing, either');
select is(pg_temp.claim_after('future', 10), 'a1 b1 a2 a3 b2 later', 'and does not start what is not due');
select pg_temp.refill();
select is(
  (select count(*) from graphile_worker.get_jobs(
    'w', max_jobs => 10, after_priority => 100000, after_run_at => now(), after_id => 1
  )), 8::bigint, 'an impossible position is no position'
);

-- Bounds -------------------------------------------------------------------------------------------------------------

select throws_ok(
  format('select * from graphile_worker.get_jobs(%s)', c.arguments), c.code, null, c.code || ': ' || c.name
)
from (values
  ($$null$$, 'GWBWI', 'no worker id'),
  ($$''$$, 'GWBWI', 'an empty worker id'),
  ($$'w', max_jobs => 0$$, 'GWBLM', 'no job at all'),
  ($$'w', max_jobs => -1$$, 'GWBLM', 'a negative number of jobs'),
  ($$'w', max_jobs => null$$, 'GWBLM', 'no number of jobs'),
  ($$'w', max_jobs => 1000001$$, 'GWBLM', 'more jobs than anybody can run'),
  ($$'w', now => 'infinity'$$, 'GWBTI', 'the end of time'),
  ($$'w', now => '-infinity'$$, 'GWBTI', 'the beginning of time')
) as c (arguments, code, name);
create function pg_temp.must_be_registered() returns text language sql as $$
  select $q$select * from graphile_worker.get_jobs('w', must_be_registered => true)$q$
$$;
select throws_ok(pg_temp.must_be_registered(), 'GWNRG', null, 'GWNRG: a worker that never registered');
select graphile_worker.worker_heartbeat('w', '{"host": "here"}');
select lives_ok(pg_temp.must_be_registered(), 'one that is registered');
update graphile_worker._private_workers set metadata = '{"swept": true}';
select throws_ok(pg_temp.must_be_registered(), 'GWNRG', null, 'GWNRG: swept, though not all could be taken from it');
select lives_ok($$select * from graphile_worker.get_jobs('w')$$, 'whoever does not ask is not refused');
select graphile_worker.worker_deregister('w');
select throws_ok(pg_temp.must_be_registered(), 'GWNRG', null, 'GWNRG: taken off the list');
select pg_temp.clear();
select pg_temp.add('queued', 'q');
select is(pg_temp.claim(1000000), 'queued', 'as many as there can be');
select throws_like($$select * from graphile_worker.get_jobs('w', max_jobs => -7)$$, '%-7%', 'GWBLM names the value');

-- Many that are refused do not fill one claim after the other.
delete from graphile_worker._private_jobs;
create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  raise exception 'not this one';
end;
$$;
select graphile_worker.add_job('t', job_key => 'bad ' || i) from generate_series(1, 5) as i;
select graphile_worker.add_job('t', job_key => 'good');
create trigger refuse before update on graphile_worker._private_jobs
for each row when (old.key like 'bad%') execute function pg_temp.refuse();
select is(g.key, 'good', 'behind those that are refused') from graphile_worker.get_jobs('w') as g;
select is(
  (select array_agg(distinct r.refusals) from graphile_worker._private_refused_claims as r), '{1}'::integer[],
  'each is tried once'
);
update graphile_worker._private_refused_claims set next_try_at = now();
select graphile_worker.return_jobs('w', array(select j.id from graphile_worker._private_jobs as j where j.key = 'good'));
select is(g.key, 'good', 'nor when all may be tried again') from graphile_worker.get_jobs('w') as g;

select * from finish();
