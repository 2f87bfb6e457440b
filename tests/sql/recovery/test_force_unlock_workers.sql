-- Everything that certain workers hold is free again.
select plan(14);

select graphile_worker.add_job('t', queue_name => k.queue, job_key => k.key)
from (values
  ('a', null), ('aq', 'q'), ('b', null), ('br', 'r'), ('c', null), ('cs', 's'), ('free', null)
) as k (key, queue);
update graphile_worker._private_jobs
set
  locked_by = case when key <> 'free' then left(key, 1) end,
  locked_at = case when key <> 'free' then now() end,
  attempts = 2, last_error = 'boom', run_at = now() - interval '1 hour', updated_at = now() - interval '1 hour';
update graphile_worker._private_job_queues
set locked_by = case queue_name when 'q' then 'a' when 'r' then 'b' else 'c' end, locked_at = now();
-- A queue that is locked for no job.
select graphile_worker._private_queue_id('left locked');
update graphile_worker._private_job_queues set locked_by = 'b', locked_at = now() where queue_name = 'left locked';
create temp table others as
select j::text as job from graphile_worker._private_jobs as j where left(j.key, 1) not in ('a', 'b');

select set_eq(
  format($$select * from graphile_worker.force_unlock_workers(array['b', 'a', 'a', null, 'no such'], %L)$$, d.dry_run),
  $$values ('a', 2::bigint, 1::bigint, now(), null::timestamptz), ('b', 2, 2, now(), null)$$,
  'beforehand: what it would free, of each worker that holds anything'
)
from (values (true), (null)) as d (dry_run);
select is(
  (select count(*) from graphile_worker._private_jobs as j where j.locked_by is not null), 6::bigint,
  'nothing is free for that'
);
select lives_ok(
  $$select graphile_worker.force_unlock_workers(array['a', 'b', 'a', null, 'no such'])$$, 'several at once'
);
select results_eq(
  $$
    select distinct
      j.locked_by, j.locked_at, j.is_available, j.attempts::int, j.last_error, j.run_at, j.updated_at
    from graphile_worker._private_jobs as j where left(j.key, 1) in ('a', 'b')
  $$,
  $$values (null::text, null::timestamptz, true, 2, 'boom', now() - interval '1 hour', now())$$,
  'their jobs are free, the attempt counted, all else as it was'
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
  'their queues are free, those of others are left alone'
);
select set_eq(
  $$select g.key from graphile_worker.get_jobs('w', max_jobs => 10) as g$$,
  $$values ('a'), ('aq'), ('b'), ('br'), ('free')$$,
  'what is free can be claimed'
);
create temp table before as select j::text as job from graphile_worker._private_jobs as j;
select lives_ok($$select graphile_worker.force_unlock_workers('{}')$$, 'no worker at all');
select lives_ok($$select graphile_worker.force_unlock_workers(null)$$, 'null for no worker at all');
select set_eq(
  $$select j::text from graphile_worker._private_jobs as j$$, $$select b.job from before as b$$, 'change nothing'
);

-- With a second argument that says false -----------------------------------------------------------------------------

select graphile_worker.worker_heartbeat('w');
select graphile_worker.add_job('t', job_key => 'superseded');
select graphile_worker.get_jobs('w', max_jobs => 5);
select graphile_worker.remove_job('superseded');
select results_eq(
  $$select * from graphile_worker.force_unlock_workers('{w,x}', dry_run => false)$$,
  $$
    select 'w', 6::bigint, 2::bigint, now(), w.last_heartbeat_at
    from graphile_worker._private_workers as w where w.id = 'w'
  $$,
  'what it freed, or deleted as it had lost its key'
);
select is_empty($$select from graphile_worker._private_jobs where locked_by = 'w'$$, 'it is free');

-- The table may have millions of rows, of which it holds a few.
select graphile_worker.add_job('many', queue_name => 'many' || n) from generate_series(1, 3) as n;
select count(*) from graphile_worker.get_jobs('of many', '{many}', 3);
create temp table scans as
select s.seq_scan from pg_stat_xact_user_tables as s where s.relid = 'graphile_worker._private_jobs'::regclass;
select graphile_worker.force_unlock_workers(array['of many']);
select is(
  (select s.seq_scan from pg_stat_xact_user_tables as s where s.relid = 'graphile_worker._private_jobs'::regclass),
  (select s.seq_scan from scans as s), 'what it holds is found by an index'
);

select * from finish();
