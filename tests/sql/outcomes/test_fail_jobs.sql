-- A worker's jobs failed: the message, the retry, the queue.
select plan(39);

create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(j.id order by array_position(keys, j.key))
  from graphile_worker._private_jobs as j where j.key = any(keys)
$$;
create function pg_temp.queue(name text) returns text language sql as $$
  select coalesce(q.locked_by, 'free') from graphile_worker._private_job_queues as q where q.queue_name = name
$$;
select graphile_worker.add_job('t', '[1]', k.queue, job_key => k.key, max_attempts => 12)
from (values
  ('a', null), ('b', null), ('c', null), ('q1', 'q'), ('r1', 'r'), ('other', null), ('free', null)
) as k (key, queue);
select graphile_worker.get_jobs('w', max_jobs => 100);
select graphile_worker.add_job('t', '[2]', 'q', job_key => 'q2');
update graphile_worker._private_jobs set updated_at = now() - interval '1 hour';
update graphile_worker._private_jobs set locked_by = 'other' where key = 'other';
update graphile_worker._private_jobs set locked_by = null, locked_at = null, attempts = 0 where key = 'free';

-- What it records ----------------------------------------------------------------------------------------------------

create temp table answer as
select f.* from graphile_worker.fail_jobs('w', pg_temp.ids('a'), array['boom']) as f;
select results_eq(
  $$
    select
      f.id, f.will_retry, f.attempts::int, f.max_attempts::int,
      round(extract(epoch from f.run_at - now())::numeric, 3)
    from answer as f
  $$,
  $$select unnest(pg_temp.ids('a')), true, 1, 12, 2.718$$,
  'told: that it will be retried, after e seconds'
);
select results_eq(
  $$
    select
      j.last_error, j.attempts::int, j.run_at = a.run_at, j.locked_by, j.locked_at, j.is_available,
      j.updated_at = now(),
      j.payload::text, j.key, j.revision
    from graphile_worker._private_jobs as j inner join answer as a on a.id = j.id
  $$,
  $$values ('boom', 1, true, null::text, null::timestamptz, true, true, '[1]', 'a', 0)$$,
  'recorded: the message and the retry; the job is free again, its payload and key are kept'
);
select is_empty(
  $$select * from graphile_worker.fail_jobs('w', pg_temp.ids('a'), array['again'])$$,
  'a second time: nothing left to do'
);
select is(
  (select j.last_error from graphile_worker._private_jobs as j where j.key = 'a'), 'boom',
  'the message of the first time stays'
);

-- The back-off: exp(attempts) seconds from now or from run_at, whatever is later.
create function pg_temp.backoff(attempts integer, run_at timestamptz) returns interval language plpgsql as $$
declare
  v_run_at timestamptz;
begin
  update graphile_worker._private_jobs as j
  set locked_by = 'w', locked_at = now(), attempts = backoff.attempts, run_at = backoff.run_at
  where j.key = 'b';
  select f.run_at into v_run_at from graphile_worker.fail_jobs('w', pg_temp.ids('b'), array['boom']) as f;
  return date_trunc('second', v_run_at - now());
end;
$$;
select is(pg_temp.backoff(c.attempts, now() + c.run_at::interval), c.backoff::interval, c.name)
from (values
  (1, '0', '2 seconds', 'attempt 1: e seconds'),
  (1, '-1 day', '2 seconds', 'counted from now, not from when it was due'),
  (1, '1 hour', '1 hour 2 seconds', 'counted from run_at when that is still to come (claimed by a clock ahead)'),
  (2, '0', '7 seconds', 'attempt 2: e^2 seconds'),
  (3, '0', '20 seconds', 'attempt 3: e^3 seconds'),
  (10, '0', '06:07:06', 'attempt 10: e^10 seconds'),
  (11, '0', '06:07:06', 'attempt 11: no longer than that')
) as c (attempts, run_at, backoff, name);

update graphile_worker._private_jobs set attempts = 12, locked_by = 'w', locked_at = now() where key = 'b';
select results_eq(
  $$select f.will_retry, f.attempts::int from graphile_worker.fail_jobs('w', pg_temp.ids('b'), array['the end']) as f$$,
  $$values (false, 12)$$,
  'the last attempt: told that it will not be retried'
);
select results_eq(
  $$
    select j.last_error, j.attempts::int, j.is_available, j.locked_by, j.key
    from graphile_worker._private_jobs as j where j.key = 'b'
  $$,
  $$values ('the end', 12, false, null::text, 'b')$$,
  'it stays in the table as failed, with its key'
);

-- Whose jobs ---------------------------------------------------------------------------------------------------------

create temp table others as
select j::text as job from graphile_worker._private_jobs as j where j.key in ('other', 'free', 'a');
select set_eq(
  $$
    select f.id from graphile_worker.fail_jobs(
      'w', pg_temp.ids('a', 'other', 'c', 'free') || array[null, -1]::bigint[],
      array['not a', 'not other', 'c', 'not free', 'not null', 'not -1']
    ) as f
  $$,
  $$select unnest(pg_temp.ids('c'))$$,
  'of several only those come back that this worker holds'
);
select set_eq(
  $$select j::text from graphile_worker._private_jobs as j where j.key in ('other', 'free', 'a')$$,
  $$select o.job from others as o$$,
  'the others are left alone'
);
select is(
  (select j.last_error from graphile_worker._private_jobs as j where j.key = 'c'), 'c',
  'each gets the message at its place'
);
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now(), attempts = 1 where key in ('b', 'c');
select results_eq(
  $$
    select f.id, f.attempts::int, round(extract(epoch from f.run_at - now())::numeric, 1)
    from graphile_worker.fail_jobs('w', pg_temp.ids('c') || pg_temp.ids('c'), array['once', 'once']) as f
  $$,
  $$select unnest(pg_temp.ids('c')), 1, 5.4$$,
  'an id that is given twice fails once: e seconds after the run_at that the first failure left'
);

-- Replacement payloads -----------------------------------------------------------------------------------------------

update graphile_worker._private_jobs set locked_by = 'w', locked_at = now(), attempts = 1 where key in ('a', 'b', 'c');
select isnt_empty(
  $$
    select * from graphile_worker.fail_jobs(
      worker_id => 'w', job_ids => pg_temp.ids('a', 'b', 'c'), error_messages => array['x', 'y', null],
      replacement_payloads => array['["\u0000", 12345678901234567890.10]', null, 'null']::json[]
    )
  $$,
  'replacement payloads, by name'
);
select results_eq(
  $$
    select j.payload::text, j.last_error
    from graphile_worker._private_jobs as j where j.key in ('a', 'b', 'c') order by j.key
  $$,
  $$values ('["\u0000", 12345678901234567890.10]', 'x'), ('[1]', 'y'), ('null', null)$$,
  'replace the payload to the character; null keeps it, a JSON null does not; a null message is recorded as none'
);

-- The instants of the failures, when they are handed in later ---------------------------------------------------------

update graphile_worker._private_jobs
set locked_by = 'w', locked_at = now(), attempts = 1, run_at = now() - interval '1 hour' where key in ('a', 'b', 'c');
select isnt_empty(
  $$
    select * from graphile_worker.fail_jobs(
      'w', pg_temp.ids('a', 'b', 'c'), array['x', 'y', 'z'],
      failed_at => array[now() - interval '1 minute', null, now() - interval '1 day']
    )
  $$,
  'failed_at: one per id, or null'
);
select results_eq(
  $$
    select date_trunc('second', j.run_at - now())
    from graphile_worker._private_jobs as j where j.key in ('a', 'b', 'c') order by j.key
  $$,
  $$values (interval '-00:00:57'), ('00:00:02'), ('-00:59:57')$$,
  'the retry is counted from there, from now for null, and never from before the job was due'
);

-- Queues -------------------------------------------------------------------------------------------------------------

select is(pg_temp.queue('q'), 'w', 'while its job runs the queue is locked');
select isnt_empty($$select * from graphile_worker.fail_jobs('w', pg_temp.ids('q1'), array['boom'])$$, 'its job fails');
select is(pg_temp.queue('q'), 'free', 'the queue is free');
select is(pg_temp.queue('r'), 'w', 'another queue of this worker is not');
select results_eq(
  $$select g.key from graphile_worker.get_jobs('v', max_jobs => 10) as g where g.queue_name = 'q'$$, $$values ('q2')$$,
  'the job behind the failed one is claimed in the same instant: a retry does not hold up its queue'
);
select isnt_empty($$select * from graphile_worker.complete_jobs('v', pg_temp.ids('q2'))$$, 'and is done');
select results_eq(
  $$
    select g.key, g.attempts::int
    from graphile_worker.get_jobs('v', max_jobs => 10, now => now() + interval '3 seconds') as g
    where g.queue_name = 'q'
  $$,
  $$values ('q1', 2)$$,
  'the failed one has its turn when its retry is due'
);
update graphile_worker._private_job_queues set locked_by = 'other' where queue_name = 'r';
select isnt_empty(
  $$select * from graphile_worker.fail_jobs('w', pg_temp.ids('r1'), array['boom'])$$,
  'a job whose queue somebody else holds fails'
);
select is(pg_temp.queue('r'), 'other', 'the queue stays with its holder');

-- Bounds -------------------------------------------------------------------------------------------------------------

select is_empty($$select * from graphile_worker.fail_jobs('w', '{}', '{}')$$, 'no id at all');
select is_empty($$select * from graphile_worker.fail_jobs('w', null, null)$$, 'null for no id at all');
select throws_ok(format('select graphile_worker.fail_jobs(%s)', c.arguments), c.code, null, c.code || ': ' || c.name)
from (values
  ($$null, '{1}', '{e}'$$, 'GWBWI', 'no worker id'),
  ($$'', '{1}', '{e}'$$, 'GWBWI', 'an empty worker id'),
  ($$'w', '{1,2}', '{e}'$$, 'GWBAL', 'fewer messages than ids'),
  ($$'w', '{1}', '{e,f}'$$, 'GWBAL', 'more messages than ids'),
  ($$'w', '{1}', null$$, 'GWBAL', 'no messages'),
  ($$'w', '{1,2}', '{e,f}', '{1}'$$, 'GWBAL', 'fewer payloads than ids'),
  ($$'w', '{1}', '{e}', null, '{now,now}'$$, 'GWBAL', 'more instants than ids')
) as c (arguments, code, name);

select * from finish();
