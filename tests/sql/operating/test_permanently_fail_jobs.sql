-- An operator declares jobs failed for good.
select plan(15);

create temp table cases as
select s.state, (graphile_worker.add_job('t', '[1]', 'q', job_key => s.state, max_attempts => 5)).id
from unnest(
  array['free', 'scheduled', 'exhausted', 'locked', 'locked for just 4 hours', 'locked for longer']
) as s (state);
select graphile_worker.add_job('t', job_key => 'bystander');
update graphile_worker._private_jobs
set
  run_at = case when key = 'scheduled' then now() + interval '1 day' else run_at end,
  attempts = case when key = 'exhausted' then max_attempts else 1 end,
  last_error = case when key = 'exhausted' then 'boom' end,
  updated_at = now() - interval '1 hour',
  locked_by = case when key like 'locked%' then 'w' end,
  locked_at = case key
    when 'locked' then now()
    when 'locked for just 4 hours' then now() - interval '4 hours'
    when 'locked for longer' then now() - interval '4 hours 1 microsecond'
  end;
create temp table failed as
select j.*
from graphile_worker.permanently_fail_jobs(
  array(select c.id from cases as c) || array[null, -1, (select min(c.id) from cases as c)], 'no longer wanted'
) as j;

select set_eq(
  $$select f.key from failed as f$$,
  $$values ('free'), ('scheduled'), ('exhausted'), ('locked for longer')$$,
  'what runs (locked for 4 hours at most) is left alone, everything else comes back'
);
select is((select count(*) from failed), 4::bigint, 'once each');
select results_eq(
  $$select distinct f.attempts::int, f.max_attempts::int, f.last_error, f.updated_at, f.is_available from failed as f$$,
  $$values (5, 5, 'no longer wanted', now(), false)$$,
  'out of attempts, with the message'
);
select set_eq(
  $$select f::text from failed as f$$,
  $$select j::text from graphile_worker._private_jobs as j inner join failed as f on f.id = j.id$$,
  'the rows that come back are those in the table, key, payload and queue kept'
);
select results_eq(
  $$
    select j.key, j.attempts::int, j.last_error, j.locked_by, j.updated_at < now()
    from graphile_worker._private_jobs as j where j.id not in (select f.id from failed as f) order by j.id
  $$,
  $$values
    ('locked', 1, null, 'w', true), ('locked for just 4 hours', 1, null, 'w', true), ('bystander', 1, null, null, true)
  $$,
  'nothing else has changed'
);
select is_empty(
  $$select from graphile_worker.get_jobs('w', max_jobs => 10) as g where g.key <> 'bystander'$$,
  'none of them is ever claimed'
);

select results_eq(
  $$
    select j.last_error
    from graphile_worker.permanently_fail_jobs(array(select c.id from cases as c where c.state = 'free')) as j
  $$,
  $$values ('Manually marked as failed')$$,
  'without a message: the usual one'
);
select results_eq(
  $$
    select j.last_error
    from graphile_worker.permanently_fail_jobs(
      job_ids => array(select c.id from cases as c where c.state = 'free'), error_message => ''
    ) as j
  $$,
  $$values ('')$$,
  'an empty message is one'
);
select is_empty($$select * from graphile_worker.permanently_fail_jobs('{}')$$, 'no id at all: nothing');
select is_empty($$select * from graphile_worker.permanently_fail_jobs(null)$$, 'null: nothing');

create function pg_temp.every() returns bigint[] language sql as $$
  select array_agg(j.id) from graphile_worker._private_jobs as j
$$;
delete from graphile_worker._private_jobs;
select graphile_worker.add_job('dry', job_key => k.key)
from (values ('idle'), ('failed'), ('held'), ('held for long')) as k (key);
update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'e' where key = 'failed';
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key = 'held';
update graphile_worker._private_jobs set locked_at = now() - interval '5 hours', locked_by = 'w' where key = 'held for long';

-- A dry run names the very jobs that are changed then, and changes none.
create temp table rows_before as select j.* from graphile_worker._private_jobs as j;
create temp table told as select d.id from graphile_worker.permanently_fail_jobs(pg_temp.every(), 'why', true) as d;
select results_eq(
  'select j::text from graphile_worker._private_jobs as j order by j.id', 'select b::text from rows_before as b order by b.id',
  'a dry run changes nothing'
);
select results_eq(
  $$select d::text from graphile_worker.permanently_fail_jobs(pg_temp.every(), 'why', true) as d order by d.id$$,
  'select b::text from rows_before as b where b.id in (select t.id from told as t) order by b.id',
  'and returns the jobs as they are'
);
select set_eq(
  $$select d.id from graphile_worker.permanently_fail_jobs(pg_temp.every(), 'why', null) as d$$, 'select t.id from told as t', 'null is a dry run, too'
);
select isnt_empty('select from told', 'it is about some');
select set_eq(
  $$select d.id from graphile_worker.permanently_fail_jobs(pg_temp.every(), 'why', false) as d$$, 'select t.id from told as t',
  'they are those that are changed then'
);

select * from finish();
