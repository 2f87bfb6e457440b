-- Two functions: a worker completes the jobs it holds, an operator those that nobody is running.
select plan(32);

create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(j.id order by j.id) from graphile_worker._private_jobs as j where j.key = any(keys)
$$;
create function pg_temp.queue(name text) returns text language sql as $$
  select coalesce(q.locked_by, 'free') from graphile_worker._private_job_queues as q where q.queue_name = name
$$;

-- A worker -----------------------------------------------------------------------------------------------------------

select graphile_worker.add_job('t', queue_name => k.queue, job_key => k.key)
from (values
  ('a', null), ('b', null), ('q1', 'q'), ('q2', 'q'), ('r1', 'r'), ('other', null), ('other s1', 's'), ('free', null)
) as k (key, queue);
create temp table keys as select j.id, j.key from graphile_worker._private_jobs as j;
select graphile_worker.get_jobs('w', max_jobs => 100);
-- What belongs to somebody else.
update graphile_worker._private_jobs set locked_by = 'other' where key like 'other%';
update graphile_worker._private_job_queues set locked_by = 'other' where queue_name = 's';
update graphile_worker._private_jobs set locked_by = null, locked_at = null where key = 'free';

select set_eq(
  $$select * from graphile_worker.complete_jobs('w', pg_temp.ids('a'))$$,
  $$select k.id from keys as k where k.key = 'a'$$,
  'the id comes back'
);
select is(pg_temp.ids('a'), null, 'the row is gone');
select is_empty(
  $$select * from graphile_worker.complete_jobs('w', array(select k.id from keys as k where k.key = 'a'))$$,
  'a second time: nothing left to do'
);
select is_empty(
  $$select * from graphile_worker.complete_jobs('w', pg_temp.ids('other', 'other s1', 'free', 'q2'))$$,
  'jobs that this worker does not hold do not come back'
);
select is(
  pg_temp.ids('other', 'other s1', 'free', 'q2'),
  (select array_agg(k.id order by k.id) from keys as k where k.key in ('other', 'other s1', 'free', 'q2')),
  'and are left alone'
);
select is(pg_temp.queue('s'), 'other', 'their queues stay locked');
select is(pg_temp.queue('q'), 'w', 'a queue is locked as long as its job runs');
select set_eq(
  $$
    select * from graphile_worker.complete_jobs(
      'w', pg_temp.ids('b', 'q1', 'other') || pg_temp.ids('b') || array[null, -1]::bigint[]
    )
  $$,
  $$select k.id from keys as k where k.key in ('b', 'q1')$$,
  'among strangers, repetitions, null and ids that never were, those of this worker come back, once each'
);
select is(pg_temp.queue('q'), 'free', 'the queue is free');
select is(pg_temp.queue('r'), 'w', 'another queue of this worker is not');
select is(
  (select g.key from graphile_worker.get_jobs('v') as g), 'q2',
  'another worker goes on with the queue in the same instant'
);
select is(pg_temp.queue('q'), 'v', 'and holds it now');

-- The queue was taken from the worker (unlocked by force, say) and given to another one; the job was not.
update graphile_worker._private_job_queues set locked_by = 'other' where queue_name = 'r';
select isnt_empty(
  $$select * from graphile_worker.complete_jobs('w', pg_temp.ids('r1'))$$,
  'a job whose queue somebody else holds is done'
);
select is(pg_temp.queue('r'), 'other', 'the queue stays with its holder');

select is_empty($$select * from graphile_worker.complete_jobs('w', '{}')$$, 'no id at all');
select is_empty($$select * from graphile_worker.complete_jobs('w', null)$$, 'null for no id at all');
select throws_ok(
  $$select graphile_worker.complete_jobs(null, pg_temp.ids('other'))$$, 'GWBWI', null, 'GWBWI: no worker id'
);
select throws_ok(
  $$select graphile_worker.complete_jobs('', pg_temp.ids('other'))$$, 'GWBWI', null, 'GWBWI: an empty worker id'
);
select is_empty(
  $$select * from graphile_worker.complete_jobs('free', pg_temp.ids('free'))$$,
  'a job that nobody holds is nobody''s to complete'
);

-- An operator --------------------------------------------------------------------------------------------------------

delete from graphile_worker._private_jobs;
create temp table cases as
select s.state, (graphile_worker.add_job('t', '[1]', job_key => s.state)).id
from unnest(
  array['free', 'scheduled', 'exhausted', 'locked', 'locked for just 4 hours', 'locked for longer']
) as s (state);
select graphile_worker.add_job('t', job_key => 'bystander');
update graphile_worker._private_jobs
set
  run_at = case when key = 'scheduled' then now() + interval '1 day' else run_at end,
  attempts = case when key = 'exhausted' then max_attempts else 1 end,
  locked_by = case when key like 'locked%' then 'w' end,
  locked_at = case key
    when 'locked' then now()
    when 'locked for just 4 hours' then now() - interval '4 hours'
    when 'locked for longer' then now() - interval '4 hours 1 microsecond'
  end;
create temp table before as select j::text as job, j.key from graphile_worker._private_jobs as j;
create temp table completed as
select j::text as job, j.key
from graphile_worker.complete_jobs(
  array(select c.id from cases as c) || array[null, -1, (select min(c.id) from cases as c)]
) as j;

select set_eq(
  $$select c.key from completed as c$$,
  $$values ('free'), ('scheduled'), ('exhausted'), ('locked for longer')$$,
  'what runs (locked for 4 hours at most) is left alone, everything else comes back'
);
select set_eq(
  $$select c.job from completed as c$$,
  $$select b.job from before as b inner join completed as c on c.key = b.key$$,
  'as the rows it was'
);
select is((select count(*) from completed), 4::bigint, 'once each');
select set_eq(
  $$select j.key, j.locked_by from graphile_worker._private_jobs as j$$,
  $$values ('locked', 'w'), ('locked for just 4 hours', 'w'), ('bystander', null)$$,
  'and is gone'
);
select is_empty($$select * from graphile_worker.complete_jobs('{}'::bigint[])$$, 'no id at all: nothing');
select is_empty($$select * from graphile_worker.complete_jobs(null::bigint[])$$, 'null: nothing');
select isnt_empty(
  $$select * from graphile_worker.complete_jobs(job_ids => pg_temp.ids('bystander'))$$, 'the argument by its name'
);

create function pg_temp.every() returns bigint[] language sql as $$
  select array_agg(j.id) from graphile_worker._private_jobs as j
$$;
delete from graphile_worker._private_jobs;
select graphile_worker.add_job('dry', job_key => k.key)
from (values ('idle'), ('failed'), ('held'), ('held for long')) as k (key);
update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'e' where key = 'failed';
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key = 'held';
update graphile_worker._private_jobs set locked_at = now() - interval '5 hours', locked_by = 'w' where key = 'held for long';

select is_empty($$select graphile_worker.complete_jobs('w', '{}')$$, 'plain literals are those of a worker');

-- A dry run names the very jobs that are changed then, and changes none.
create temp table rows_before as select j.* from graphile_worker._private_jobs as j;
create temp table told as select d.id from graphile_worker.complete_jobs(dry_run => true, job_ids => pg_temp.every()) as d;
select results_eq(
  'select j::text from graphile_worker._private_jobs as j order by j.id', 'select b::text from rows_before as b order by b.id',
  'a dry run changes nothing'
);
select results_eq(
  $$select d::text from graphile_worker.complete_jobs(dry_run => true, job_ids => pg_temp.every()) as d order by d.id$$,
  'select b::text from rows_before as b where b.id in (select t.id from told as t) order by b.id',
  'and returns the jobs as they are'
);
select set_eq(
  $$select d.id from graphile_worker.complete_jobs(dry_run => null, job_ids => pg_temp.every()) as d$$, 'select t.id from told as t', 'null is a dry run, too'
);
select isnt_empty('select from told', 'it is about some');
select set_eq(
  $$select d.id from graphile_worker.complete_jobs(dry_run => false, job_ids => pg_temp.every()) as d$$, 'select t.id from told as t',
  'they are those that are changed then'
);

select * from finish();
