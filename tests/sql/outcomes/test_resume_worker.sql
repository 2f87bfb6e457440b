-- A worker that lost its connection in the middle of a call finds out what it holds.
select plan(19);

create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(j.id order by j.id) from graphile_worker._private_jobs as j where j.key = any(keys)
$$;
create function pg_temp.queue(name text) returns text language sql as $$
  select coalesce(q.locked_by, 'free') from graphile_worker._private_job_queues as q where q.queue_name = name
$$;
select graphile_worker.add_job('t', queue_name => k.queue, job_key => k.key)
from (values
  ('held', null), ('held q1', 'q'), ('unknown', null), ('unknown r1', 'r'), ('done s1', 's'), ('taken', null),
  ('taken u1', 'u'),
  ('other', null), ('other v1', 'v')
) as k (key, queue);
update graphile_worker._private_jobs set run_at = now() - interval '1 hour', last_error = 'boom';
select graphile_worker.get_jobs('w', max_jobs => 100);
select graphile_worker.add_job('t', job_key => 'free');
-- This one was completed, its queue was left locked; others were taken away; others never were this worker's.
delete from graphile_worker._private_jobs where key = 'done s1';
update graphile_worker._private_jobs set locked_by = 'other' where key like 'taken%' or key like 'other%';
update graphile_worker._private_job_queues set locked_by = 'other' where queue_name in ('u', 'v');
create temp table others as
select j::text as job from graphile_worker._private_jobs as j where j.key !~ '^unknown';

create temp table answer as
select r.*
from graphile_worker.resume_worker('w', pg_temp.ids('held', 'held q1', 'taken', 'taken u1') || -1::bigint) as r;
select set_eq(
  $$select r.id from answer as r where r.outcome = 'returned'$$,
  $$select unnest(pg_temp.ids('unknown', 'unknown r1'))$$,
  'returned: what is locked in its name and it does not know of'
);
select set_eq(
  $$select r.id from answer as r where r.outcome = 'lost'$$,
  $$select unnest(pg_temp.ids('taken', 'taken u1') || -1::bigint)$$,
  'lost: what it believes to hold and does not'
);
select is((select count(*) from answer), 5::bigint, 'what it holds and knows of is not mentioned');
select results_eq(
  $$
    select distinct j.attempts::int, j.run_at, j.last_error, j.locked_by, j.locked_at, j.is_available
    from graphile_worker._private_jobs as j where j.key like 'unknown%'
  $$,
  $$values (0, now() - interval '1 hour', 'boom', null::text, null::timestamptz, true)$$,
  'what is returned is as it was before the claim, the attempt not counted'
);
select set_eq(
  $$select j::text from graphile_worker._private_jobs as j where j.key !~ '^unknown'$$,
  $$select o.job from others as o$$,
  'all other jobs are left alone'
);
select is(pg_temp.queue('q'), 'w', 'the queue of a held job stays locked');
select is(pg_temp.queue('r'), 'free', 'the queue of a returned job is free');
select is(pg_temp.queue('s'), 'free', 'and so is a queue that was held for a job that is gone');
select is(pg_temp.queue('u') || ', ' || pg_temp.queue('v'), 'other, other', 'queues of others stay locked');

select is_empty(
  $$select * from graphile_worker.resume_worker('w', pg_temp.ids('held', 'held q1'))$$,
  'a second time: nothing left to do'
);
select set_eq(
  $$select r.outcome, r.id from graphile_worker.resume_worker('w') as r$$,
  $$select 'returned', unnest(pg_temp.ids('held', 'held q1'))$$,
  'a worker that holds nothing gives back everything'
);
select is(pg_temp.queue('q'), 'free', 'with its queues');
select is_empty($$select * from graphile_worker.resume_worker('w', null)$$, 'null for no id at all');
select graphile_worker.get_jobs('w', max_jobs => 100);
select isnt_empty($$select * from graphile_worker.resume_worker('w', null)$$, 'it gives back everything, too');
select is(
  (select count(*) from graphile_worker._private_jobs where locked_by = 'w'), 0::bigint,
  'nothing is locked in its name any more'
);
select graphile_worker.get_jobs('w', max_jobs => 100);
select isnt_empty(
  $$select from graphile_worker.resume_worker('w', array[null]::bigint[]) as r where r.outcome = 'returned'$$,
  'a null among the ids does not keep anything from being given back'
);
select throws_ok($$select graphile_worker.resume_worker(null)$$, 'GWBWI', null, 'GWBWI: no worker id');
select throws_ok($$select graphile_worker.resume_worker('')$$, 'GWBWI', null, 'GWBWI: an empty worker id');

-- The table may have millions of rows, of which it holds a few.
select graphile_worker.add_job('many', queue_name => 'many' || n) from generate_series(1, 3) as n;
select count(*) from graphile_worker.get_jobs('of many', '{many}', 3);
create temp table scans as
select s.seq_scan from pg_stat_xact_user_tables as s where s.relid = 'graphile_worker._private_jobs'::regclass;
select graphile_worker.resume_worker('of many');
select is(
  (select s.seq_scan from pg_stat_xact_user_tables as s where s.relid = 'graphile_worker._private_jobs'::regclass),
  (select s.seq_scan from scans as s), 'what it holds is found by an index'
);

select * from finish();
