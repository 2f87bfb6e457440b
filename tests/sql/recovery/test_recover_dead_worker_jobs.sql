-- Everything that dead workers hold is taken back.
select plan(21);

create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(j.id order by j.id) from graphile_worker._private_jobs as j where j.key = any(keys)
$$;
select graphile_worker.add_job('t', queue_name => k.queue, job_key => k.key, max_attempts => 3)
from (values
  ('a due', null), ('a later', null), ('a reset', null), ('a last', 'q'), ('b', 'r'), ('c', null), ('cs', 's'),
  ('free', null)
) as k (key, queue);
update graphile_worker._private_jobs
set
  locked_by = case when key <> 'free' then left(key, 1) end,
  locked_at = case when key <> 'free' then now() end,
  attempts = case key when 'a reset' then 0 when 'a last' then 3 else 2 end,
  last_error = 'boom',
  run_at = now() + case key when 'a later' then interval '1 day' else interval '-1 day' end,
  updated_at = now() - interval '1 hour';
update graphile_worker._private_job_queues
set locked_by = case queue_name when 'q' then 'a' when 'r' then 'b' else 'c' end, locked_at = now();
-- A queue that is locked for no job.
select graphile_worker._private_queue_id('left locked');
update graphile_worker._private_job_queues set locked_by = 'b', locked_at = now() where queue_name = 'left locked';
create temp table others as
select j::text as job from graphile_worker._private_jobs as j where left(j.key, 1) not in ('a', 'b');

select is(
  graphile_worker.recover_dead_worker_jobs(array['a', 'b', 'a', null, 'no such'], interval '30 seconds'), 5,
  'the number of jobs'
);
select results_eq(
  format($$
    select j.attempts::int, j.run_at - now(), j.is_available from graphile_worker._private_jobs as j where j.key = %L
  $$, c.key),
  format('values (%s, %L::interval, true)', c.attempts, c.due_in),
  c.name
)
from (values
  ('a due', 1, '30 seconds', 'the attempt is not counted, the job is due after the delay'),
  ('a later', 1, '1 day', 'a job that is due later stays so'),
  ('a reset', 0, '30 seconds', 'attempts stop at 0'),
  ('a last', 2, '30 seconds', 'the last attempt can be made again'),
  ('b', 1, '30 seconds', 'every worker that is named')
) as c (key, attempts, due_in, name);
select results_eq(
  $$
    select distinct j.last_error, j.locked_by, j.locked_at, j.updated_at
    from graphile_worker._private_jobs as j where left(j.key, 1) in ('a', 'b')
  $$,
  $$values ('Job recovered after worker interruption', null::text, null::timestamptz, now())$$,
  'unlocked, and marked by the last error'
);
select set_eq(
  $$select j::text from graphile_worker._private_jobs as j where left(j.key, 1) not in ('a', 'b')$$,
  $$select o.job from others as o$$,
  'jobs of others are left alone'
);
select results_eq(
  $$
    select q.queue_name, q.locked_by, q.locked_at is null
    from graphile_worker._private_job_queues as q order by q.queue_name
  $$,
  $$values ('left locked', null, true), ('q', null, true), ('r', null, true), ('s', 'c', false)$$,
  'queues are released, those of others are left alone'
);
select results_eq(
  $$select distinct c.crashes, c.last_worker_id = left(j.key, 1), count(*) over ()
    from graphile_worker._private_crashes as c inner join graphile_worker._private_jobs as j on j.id = c.job_id$$,
  $$values (1, true, 5::bigint)$$,
  'that they lost their worker is counted'
);
select is(graphile_worker.recover_dead_worker_jobs(array['a', 'b']), 0, 'a second time: nothing left to do');
select is_empty(
  $$select from graphile_worker.complete_jobs('a', pg_temp.ids('a due'))$$,
  'what the worker still hands in is ignored: complete'
);
select is_empty(
  $$select from graphile_worker.fail_jobs('a', pg_temp.ids('a due'), array['late'])$$, 'and fail'
);
select is_empty($$select from graphile_worker.return_jobs('a', pg_temp.ids('a due'))$$, 'and return');

update graphile_worker._private_jobs
set locked_by = 'a', locked_at = now(), run_at = now() - interval '1 hour'
where key = 'a due';
select is(graphile_worker.recover_dead_worker_jobs(worker_ids => array['a']), 1, 'without a delay');
select is((select j.run_at from graphile_worker._private_jobs as j where j.key = 'a due'), now(), 'the job is due now');
select is(graphile_worker.recover_dead_worker_jobs('{}'), 0, 'no worker at all');
select is(graphile_worker.recover_dead_worker_jobs(null), 0, 'null for no worker at all');
select throws_ok($$select graphile_worker.recover_dead_worker_jobs('{a}', null)$$, 'GWBDU', null, 'GWBDU: no delay');
select throws_ok(
  $$select graphile_worker.recover_dead_worker_jobs('{a}', '-1 s')$$, 'GWBDU', null, 'GWBDU: a negative delay'
);

-- The table may have millions of rows, of which it holds a few.
select graphile_worker.add_job('many', queue_name => 'many' || n) from generate_series(1, 3) as n;
select count(*) from graphile_worker.get_jobs('of many', '{many}', 3);
create temp table scans as
select s.seq_scan from pg_stat_xact_user_tables as s where s.relid = 'graphile_worker._private_jobs'::regclass;
select graphile_worker.recover_dead_worker_jobs(array['of many']);
select is(
  (select s.seq_scan from pg_stat_xact_user_tables as s where s.relid = 'graphile_worker._private_jobs'::regclass),
  (select s.seq_scan from scans as s), 'what it holds is found by an index'
);

select * from finish();
