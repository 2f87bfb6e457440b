-- A worker hands back jobs that it did not finish.
select plan(29);

create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(j.id order by j.id) from graphile_worker._private_jobs as j where j.key = any(keys)
$$;
create function pg_temp.queue(name text) returns text language sql as $$
  select coalesce(q.locked_by, 'free') from graphile_worker._private_job_queues as q where q.queue_name = name
$$;
select graphile_worker.add_job('t', '[1]', k.queue, run_at => now() - interval '1 hour', job_key => k.key)
from (values
  ('a', null), ('b', null), ('c', null), ('q1', 'q'), ('r1', 'r'), ('other', null), ('free', null)
) as k (key, queue);
update graphile_worker._private_jobs set attempts = 3, last_error = 'boom', updated_at = now() - interval '1 hour';
select graphile_worker.get_jobs('w', max_jobs => 100);
select graphile_worker.add_job('t', '[2]', 'q', job_key => 'q2');
update graphile_worker._private_jobs set locked_by = 'other' where key = 'other';
update graphile_worker._private_jobs set locked_by = null, locked_at = null where key = 'free';

select set_eq(
  $$select * from graphile_worker.return_jobs('w', pg_temp.ids('a'))$$, $$select unnest(pg_temp.ids('a'))$$,
  'the id comes back'
);
select results_eq(
  $$
    select j.attempts::int, j.run_at, j.last_error, j.locked_by, j.locked_at, j.is_available, j.updated_at,
    j.payload::text
    from graphile_worker._private_jobs as j where j.key = 'a'
  $$,
  $$values (3, now() - interval '1 hour', 'boom', null::text, null::timestamptz, true, now(), '[1]')$$,
  'the job is as it was before the claim: free, the attempt not counted, at its place in the order'
);
select is_empty(
  $$select * from graphile_worker.return_jobs('w', pg_temp.ids('a'))$$, 'a second time: nothing left to do'
);
select is(
  (select j.attempts::int from graphile_worker._private_jobs as j where j.key = 'a'), 3,
  'the attempt is not taken off again'
);

-- Delays.
create function pg_temp.due_in(run_at interval, delay interval, clock interval) returns interval language plpgsql as $$
declare
  v_run_at timestamptz;
begin
  update graphile_worker._private_jobs as j
  set locked_by = 'w', locked_at = now(), run_at = now() + due_in.run_at where j.key = 'b';
  if clock is null then
    perform graphile_worker.return_jobs('w', pg_temp.ids('b'), delay);
  else
    perform graphile_worker.return_jobs('w', pg_temp.ids('b'), delay, now => now() + clock);
  end if;
  select j.run_at into v_run_at from graphile_worker._private_jobs as j where j.key = 'b';
  return v_run_at - now();
end;
$$;
select is(pg_temp.due_in(c.run_at::interval, c.delay::interval, c.clock::interval), c.due_in::interval, c.name)
from (values
  ('-1 hour', '30 seconds', null, '30 seconds', 'a delay counts from now'),
  ('1 hour', '30 seconds', null, '1 hour', 'a job that is due later stays so'),
  ('-1 hour', '0', null, '-1 hour', 'no delay keeps run_at'),
  ('1 hour', '0', null, '1 hour', 'even one that is still to come'),
  ('-1 hour', '30 seconds', '-10 seconds', '20 seconds', 'now: a clock of the caller''s, from which the delay counts'),
  ('-1 hour', '0', '10 seconds', '-1 hour', 'now: no delay keeps run_at')
) as c (run_at, delay, clock, due_in, name);
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now(), attempts = 0 where key = 'b';
select isnt_empty(
  $$select * from graphile_worker.return_jobs('w', pg_temp.ids('b'))$$, 'a job whose attempts were reset meanwhile'
);
select is((select j.attempts::int from graphile_worker._private_jobs as j where j.key = 'b'), 0, 'attempts stop at 0');
update graphile_worker._private_jobs
set locked_by = 'w', locked_at = now(), attempts = max_attempts where key = 'b';
select isnt_empty($$select * from graphile_worker.return_jobs('w', pg_temp.ids('b'))$$, 'a job in its last attempt');
select is(
  (select j.is_available from graphile_worker._private_jobs as j where j.key = 'b'), true, 'has one attempt left'
);

-- Whose jobs.
create temp table others as
select j::text as job from graphile_worker._private_jobs as j where j.key in ('other', 'free', 'q2');
select set_eq(
  $$
    select * from graphile_worker.return_jobs(
      'w', pg_temp.ids('other', 'c', 'free', 'q2') || pg_temp.ids('c') || array[null, -1]::bigint[]
    )
  $$,
  $$select unnest(pg_temp.ids('c'))$$,
  'among strangers, repetitions, null and ids that never were, those of this worker come back'
);
select is(
  (select j.attempts::int from graphile_worker._private_jobs as j where j.key = 'c'), 3,
  'an id that is given twice counts once'
);
select set_eq(
  $$select j::text from graphile_worker._private_jobs as j where j.key in ('other', 'free', 'q2')$$,
  $$select o.job from others as o$$,
  'the others are left alone'
);

-- Queues.
select is(pg_temp.queue('q'), 'w', 'while its job is held the queue is locked');
select isnt_empty($$select * from graphile_worker.return_jobs('w', pg_temp.ids('q1'))$$, 'its job is returned');
select is(
  pg_temp.queue('q') || ', ' || pg_temp.queue('r'), 'free, w', 'the queue is free, another one of this worker is not'
);
select results_eq(
  $$select g.key from graphile_worker.get_jobs('v', max_jobs => 10) as g where g.queue_name = 'q'$$, $$values ('q1')$$,
  'the job that was returned is the first of its queue again'
);
update graphile_worker._private_job_queues set locked_by = 'other' where queue_name = 'r';
select isnt_empty(
  $$select * from graphile_worker.return_jobs('w', pg_temp.ids('r1'))$$, 'a job whose queue somebody else holds'
);
select is(pg_temp.queue('r'), 'other', 'the queue stays with its holder');

select is_empty($$select * from graphile_worker.return_jobs('w', '{}')$$, 'no id at all');
select is_empty($$select * from graphile_worker.return_jobs('w', null)$$, 'null for no id at all');
select throws_ok(format('select graphile_worker.return_jobs(%s)', c.arguments), c.code, null, c.code || ': ' || c.name)
from (values
  ($$null, '{1}'$$, 'GWBWI', 'no worker id'),
  ($$'w', '{}', null$$, 'GWBDU', 'no delay'),
  ($$'w', '{}', '-1 second'$$, 'GWBDU', 'a negative delay')
) as c (arguments, code, name);

-- Arrays that do not begin with 1.
select graphile_worker.add_job('put off', job_key => 'off' || n) from generate_series(1, 2) as n;
select set_config('test.claimed', count(*)::text, true) from graphile_worker.get_jobs('off', '{put off}', 2);
select graphile_worker.return_jobs(
  'off', ('[0:1]=' || pg_temp.ids('off1', 'off2')::text)::bigint[],
  run_ats => array['2100-01-01 00:00:00+00', '2100-01-02 00:00:00+00']::timestamptz[]
);
select results_eq(
  $$select j.run_at from graphile_worker._private_jobs as j where j.key like 'off_' order by j.id$$,
  $$values (timestamptz '2100-01-01 00:00:00+00'), (timestamptz '2100-01-02 00:00:00+00')$$,
  'each job has its own instant, wherever the arrays begin'
);

select * from finish();
