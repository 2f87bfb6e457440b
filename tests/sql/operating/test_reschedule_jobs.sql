-- An operator changes when, how soon and how often jobs are run.
select plan(34);

create function pg_temp.id(key text) returns bigint[] language sql as $$
  select array[j.id] from graphile_worker._private_jobs as j where j.key = id.key
$$;
create function pg_temp.describe(j graphile_worker._private_jobs) returns text language sql as $$
  select format('in %s, priority %s, attempts %s of %s', j.run_at - now(), j.priority, j.attempts, j.max_attempts)
$$;

-- One argument at a time.
select graphile_worker.add_job(
  't', job_key => 'k', run_at => now() + interval '1 hour', priority => 3, max_attempts => 5
);
select results_eq(
  format('select pg_temp.describe(j) from graphile_worker.reschedule_jobs(pg_temp.id(''k'')%s) as j', c.arguments),
  format('values (%L::text)', c.result),
  c.name
)
from (values
  ('', 'in 01:00:00, priority 3, attempts 0 of 5', 'nothing but ids: nothing changes'),
  (', null, null, null, null', 'in 01:00:00, priority 3, attempts 0 of 5', 'null leaves a column unchanged'),
  (', now() - interval ''2 hours''', 'in -02:00:00, priority 3, attempts 0 of 5', 'run_at'),
  (', priority => -7', 'in -02:00:00, priority -7, attempts 0 of 5', 'priority'),
  (', attempts => 4', 'in -02:00:00, priority -7, attempts 4 of 5', 'attempts'),
  (', max_attempts => 1', 'in -02:00:00, priority -7, attempts 4 of 1', 'max_attempts, even below attempts'),
  (
    ', now(), 32767, 32767, 32767', 'in 00:00:00, priority 32767, attempts 32767 of 32767',
    'all at once, at their upper bounds'
  ),
  (', null, -32768, 0, 1', 'in 00:00:00, priority -32768, attempts 0 of 1', 'and at their lower bounds')
) as c (arguments, result, name);
select results_eq(
  $$select pg_temp.describe(j) from graphile_worker._private_jobs as j$$,
  $$values ('in 00:00:00, priority -32768, attempts 0 of 1')$$,
  'the rows that come back are those in the table'
);

select throws_ok(
  format('select graphile_worker.reschedule_jobs(pg_temp.id(''k''), %s)', c.argument), c.code, null,
  c.code || ': ' || c.argument
)
from (values
  ('priority => -32769', 'GWBPR'), ('priority => 32768', 'GWBPR'),
  ('attempts => -1', 'GWBAT'), ('attempts => 32768', 'GWBAT'),
  ('max_attempts => 0', 'GWBMA'), ('max_attempts => 32768', 'GWBMA')
) as c (argument, code);
select throws_like(
  $$select graphile_worker.reschedule_jobs('{}', attempts => -5)$$, '%-5%',
  'GWBAT names the value, though there is no job'
);

-- Which jobs.
create temp table cases as
select s.state, (graphile_worker.add_job('t', '[1]', 'q', job_key => s.state)).id
from unnest(
  array['free', 'scheduled', 'exhausted', 'locked', 'locked for just 4 hours', 'locked for longer']
) as s (state);
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
create temp table rescheduled as
select j.*
from graphile_worker.reschedule_jobs(
  array(select c.id from cases as c) || array[null, -1, (select min(c.id) from cases as c)],
  run_at => now(), attempts => 0
) as j;
select set_eq(
  $$select r.key from rescheduled as r$$,
  $$values ('free'), ('scheduled'), ('exhausted'), ('locked for longer')$$,
  'what runs (locked for 4 hours at most) is left alone, everything else comes back'
);
select is((select count(*) from rescheduled), 4::bigint, 'once each');
select set_eq(
  $$select r.key, r.attempts::int, r.run_at, r.updated_at, r.last_error from rescheduled as r$$,
  $$values
    ('free', 0, now(), now(), null), ('scheduled', 0, now(), now(), null), ('exhausted', 0, now(), now(), 'boom'),
    ('locked for longer', 0, now(), now(), null)
  $$,
  'due now, all attempts before them; the last error stays to be read'
);
select set_eq(
  $$select r::text from rescheduled as r$$,
  $$select j::text from graphile_worker._private_jobs as j inner join rescheduled as r on r.id = j.id$$,
  'as they are in the table'
);
select results_eq(
  $$
    select j.key, j.attempts::int, j.updated_at < now()
    from graphile_worker._private_jobs as j where j.key like 'locked%' or j.key = 'k' order by j.id
  $$,
  $$values ('k', 1, true), ('locked', 1, true), ('locked for just 4 hours', 1, true), ('locked for longer', 0, false)$$,
  'nothing else has changed'
);

-- A failed job is run again.
select graphile_worker.permanently_fail_jobs(pg_temp.id('exhausted'));
select graphile_worker.remove_job(s.state) from unnest(array['k', 'free', 'scheduled']) as s (state);
select is_empty($$select g.key from graphile_worker.get_jobs('v') as g$$, 'a failed job is not claimed');
select isnt_empty(
  $$select from graphile_worker.reschedule_jobs(pg_temp.id('exhausted'), run_at => now(), attempts => 0)$$,
  'it is rescheduled'
);
select results_eq(
  $$select g.key, g.attempts::int from graphile_worker.get_jobs('v') as g$$, $$values ('exhausted', 1)$$,
  'and claimed, as its first attempt'
);
select isnt_empty(
  $$select from graphile_worker.complete_jobs('v', pg_temp.id('exhausted'))$$, 'by a worker that can complete it'
);
select is_empty($$select * from graphile_worker.reschedule_jobs('{}', now())$$, 'no id at all: nothing');
select is_empty($$select * from graphile_worker.reschedule_jobs(null, now())$$, 'null: nothing');

create function pg_temp.every() returns bigint[] language sql as $$
  select array_agg(j.id) from graphile_worker._private_jobs as j
$$;
delete from graphile_worker._private_jobs;
select graphile_worker.add_job('dry', job_key => k.key)
from (values ('idle'), ('failed'), ('held'), ('held for long')) as k (key);
update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'e' where key = 'failed';
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key = 'held';
update graphile_worker._private_jobs set locked_at = now() - interval '5 hours', locked_by = 'w' where key = 'held for long';

savepoint superseded;
update graphile_worker._private_jobs set flags = '{"graphile_worker:superseded": true}' where key = 'failed';
select throws_ok(
  $$select graphile_worker.reschedule_jobs(pg_temp.every(), null, 3, null, null, true)$$, 'GWSUP', null, 'a dry run is refused as the change would be'
);
rollback to superseded;
select throws_ok(
  $$select graphile_worker.reschedule_jobs('{}', null, 3, 40000, null, true)$$, 'GWBAT', null, 'or for bad values'
);

-- A dry run names the very jobs that are changed then, and changes none.
create temp table rows_before as select j.* from graphile_worker._private_jobs as j;
create temp table told as select d.id from graphile_worker.reschedule_jobs(pg_temp.every(), now() + interval '1 day', 3, null, 9, true) as d;
select results_eq(
  'select j::text from graphile_worker._private_jobs as j order by j.id', 'select b::text from rows_before as b order by b.id',
  'a dry run changes nothing'
);
select results_eq(
  $$select d::text from graphile_worker.reschedule_jobs(pg_temp.every(), now() + interval '1 day', 3, null, 9, true) as d order by d.id$$,
  'select b::text from rows_before as b where b.id in (select t.id from told as t) order by b.id',
  'and returns the jobs as they are'
);
select set_eq(
  $$select d.id from graphile_worker.reschedule_jobs(pg_temp.every(), now() + interval '1 day', 3, null, 9, null) as d$$, 'select t.id from told as t', 'null is a dry run, too'
);
select isnt_empty('select from told', 'it is about some');
select set_eq(
  $$select d.id from graphile_worker.reschedule_jobs(pg_temp.every(), now() + interval '1 day', 3, null, 9, false) as d$$, 'select t.id from told as t',
  'they are those that are changed then'
);

select * from finish();
