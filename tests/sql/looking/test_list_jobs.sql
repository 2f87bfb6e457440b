-- Jobs for people to look at.
select plan(68);

create temp table full_job as
select (graphile_worker.add_job('full', '{"a": 1}', 'q', now() - interval '1 hour', 7, 'k', -3, '{red}')).id;
select results_eq(
  $$
    select
      l.id, l.job_state, l.task_identifier, l.queue_name, l.priority::int, l.run_at, l.attempts::int,
      l.max_attempts::int,
      l.key, l.flags, l.last_error, l.locked_at, l.locked_by, l.created_at, l.updated_at, l.revision
    from graphile_worker.list_jobs() as l
  $$,
  $$
    select
      f.id, 'ready', 'full', 'q', -3, now() - interval '1 hour', 0, 7, 'k', '{"red": true}'::jsonb, null::text,
      null::timestamptz, null::text, now(), now(), 0
    from full_job as f
  $$,
  'every column, names in place of ids, no payload'
);
select graphile_worker.remove_job('k');

-- Jobs by their keys, in the order in which they are listed.
create function pg_temp.keys(
  state text default 'all', task text default null, queue text default null, search text default null,
  row_limit integer default 50, row_offset integer default 0
) returns text language sql as $$
  select string_agg(l.key, ' ') from graphile_worker.list_jobs(state, task, queue, search, row_limit, row_offset) as l
$$;
select is(pg_temp.keys(), null, 'nothing there: no row');
select graphile_worker.add_job(c.task, c.payload::json, c.queue, now() + c.run_at::interval, job_key => c.key)
from (values
  ('mail', '{}', null, '-1 hour', 'ready1'),
  ('mail', '{}', 'slow', '-1 hour', 'ready2'),
  ('mail', '{}', null, '1 hour', 'scheduled'),
  ('mail', '{"to": "Ann"}', null, '-1 hour', 'locked1'),
  ('thumb', '{}', 'slow', '1 hour', 'locked2'),
  ('thumb', '{}', 'fast', '-1 hour', 'failed1'),
  ('thumb', '{}', null, '1 hour', 'failed2')
) as c (task, payload, queue, run_at, key);
update graphile_worker._private_jobs
set locked_by = 'Worker_1', locked_at = now() where key like 'locked%';
update graphile_worker._private_jobs
set attempts = max_attempts, last_error = 'Connection 100% lost\gone' where key like 'failed%';

-- Filters ------------------------------------------------------------------------------------------------------------

select is(pg_temp.keys(c.state), c.keys, 'state ' || c.state)
from (values
  ('all', 'failed2 failed1 locked2 locked1 scheduled ready2 ready1'),
  ('ready', 'ready2 ready1'),
  ('scheduled', 'scheduled'),
  ('locked', 'locked2 locked1'),
  ('failed', 'failed2 failed1')
) as c (state, keys);
select is(pg_temp.keys(task => 'thumb'), 'failed2 failed1 locked2', 'task');
select is(pg_temp.keys(queue => 'slow'), 'locked2 ready2', 'queue');
select is(pg_temp.keys('locked', 'thumb', 'slow'), 'locked2', 'state, task and queue together');
select is(pg_temp.keys('ready', 'thumb'), null, 'nothing that meets them all: no row');

-- Search -------------------------------------------------------------------------------------------------------------

select is(pg_temp.keys(search => c.search), c.keys, 'search: ' || c.name)
from (values
  ('eady', 'ready2 ready1', 'in the key'),
  ('READY', 'ready2 ready1', 'in either case'),
  ('thumb', 'failed2 failed1 locked2', 'in the task'),
  ('fas', 'failed1', 'in the queue'),
  ('connection', 'failed2 failed1', 'in the error'),
  ('worker_1', 'locked2 locked1', 'in the worker'),
  ('ann', 'locked1', 'in the payload'),
  ('"to"', 'locked1', 'in the payload''s own words'),
  ('100%', 'failed2 failed1', 'a percent sign is one'),
  ('1%0', null, 'and no wildcard'),
  ('locked_', null, 'an underscore is no wildcard'),
  ('lost\gone', 'failed2 failed1', 'a backslash is one'),
  ('\', 'failed2 failed1', 'even at the end'),
  ('nowhere', null, 'no such text'),
  (null, 'failed2 failed1 locked2 locked1 scheduled ready2 ready1', 'null for all'),
  ('', 'failed2 failed1 locked2 locked1 scheduled ready2 ready1', 'nothing to look for, too')
) as c (search, keys, name);
select is(pg_temp.keys('failed', 'thumb', 'fast', 'lost'), 'failed1', 'search with the other filters');
select is(pg_temp.keys(search => j.id::text), 'scheduled', 'search: the id')
from graphile_worker._private_jobs as j where j.key = 'scheduled';

-- Pages --------------------------------------------------------------------------------------------------------------

select is(pg_temp.keys(row_limit => 2), 'failed2 failed1', 'row_limit');
select is(pg_temp.keys(row_limit => 2, row_offset => 2), 'locked2 locked1', 'row_offset');
select is(pg_temp.keys(row_limit => 0), null, 'a limit of 0 is none at all');
select is(pg_temp.keys(row_offset => 7), null, 'an offset behind the end');
select graphile_worker.add_job('many') from generate_series(1, 60);
select is((select count(*) from graphile_worker.list_jobs()), 50::bigint, '50 by default');

-- By id --------------------------------------------------------------------------------------------------------------

create function pg_temp.page(
  state text, before_key text default null, after_key text default null, row_limit integer default 2,
  task text default null, queue text default null, search text default null, max_rows integer default 50000
) returns text language sql as $$
  select string_agg(l.key, ' ')
  from graphile_worker.list_jobs(
    state, task, queue, search, row_limit,
    before_id => (select j.id from graphile_worker._private_jobs as j where j.key = before_key),
    after_id => (select j.id from graphile_worker._private_jobs as j where j.key = after_key),
    max_rows => max_rows
  ) as l
$$;
delete from graphile_worker._private_jobs where key is null;
select is(pg_temp.page(c.state, c.before, c.after), c.keys, format('%s, below %s, above %s', c.state, c.before, c.after))
from (values
  ('all', 'locked1', null, 'scheduled ready2'),
  ('all', null, 'locked1', 'failed1 locked2'),
  ('all', 'failed1', 'ready2', 'locked2 locked1'),
  ('all', 'ready1', null, null),
  ('ready', 'ready2', null, 'ready1'),
  ('ready', null, 'ready1', 'ready2'),
  ('scheduled', 'failed2', null, 'scheduled'),
  ('locked', 'locked2', null, 'locked1'),
  ('failed', 'failed2', null, 'failed1'),
  ('failed', null, 'failed1', 'failed2'),
  ('waiting', null, null, 'scheduled ready2')
) as c (state, before, after, keys);

-- So many that no index is asked for all of them -----------------------------------------------------------------------

insert into graphile_worker._private_jobs (task_id, attempts, key, last_error)
select t.id, 25, 'bulk' || n::text, 'e' || lpad((n % 1000)::text, 3, '0')
from generate_series(1, 20001) as n (n)
cross join graphile_worker._private_tasks as t
where t.identifier = 'thumb';
create function pg_temp.add_many(due interval, name text) returns void language sql as $$
  insert into graphile_worker._private_jobs (task_id, run_at, key)
  select t.id, now() + due, name || n::text
  from generate_series(1, 20001) as n (n)
  cross join graphile_worker._private_tasks as t
  where t.identifier = 'mail'
  order by n
$$;
select pg_temp.add_many('-1 hour', 'due');
select pg_temp.add_many('1 hour', 'later');
select is(pg_temp.page('failed'), 'bulk20001 bulk20000', 'many failed ones: the newest');
select is(pg_temp.page('failed', 'bulk2', null, 3), 'bulk1 failed2 failed1', 'a page of them that has several tasks');
select is(pg_temp.page('failed', task => 'thumb', search => 'e077'), 'bulk19077 bulk18077', 'a search among those of a task');
select is(pg_temp.page('failed', null, 'failed2', 2, 'thumb'), 'bulk2 bulk1', 'the page before');
select is(pg_temp.page('scheduled'), 'later20001 later20000', 'many scheduled ones');
select is(pg_temp.page('ready', max_rows => 20001), null, 'no more rows than max_rows are looked at');
select is(pg_temp.page('ready', max_rows => 20002), 'due20001', 'one more');
select is(pg_temp.page('all', search => 'ready1', max_rows => 5), 'ready1', 'a job with this very key is found anywhere');
select is(pg_temp.page('failed', search => 'ready1', max_rows => 5), null, 'where it is in the state');

-- Bounds -------------------------------------------------------------------------------------------------------------

select throws_ok(
  format('select * from graphile_worker.list_jobs(%s)', c.arguments), c.code, null, c.code || ': ' || c.name
)
from (values
  ($$'done'$$, 'GWBST', 'an unknown state'),
  ($$null$$, 'GWBST', 'no state'),
  ($$row_limit => -1$$, 'GWBLM', 'a negative limit'),
  ($$row_limit => null$$, 'GWBLM', 'no limit'),
  ($$row_offset => -1$$, 'GWBLM', 'a negative offset'),
  ($$row_offset => null$$, 'GWBLM', 'no offset'),
  ($$task => 'mial'$$, 'GWUTK', 'an unknown task'),
  ($$task => ''$$, 'GWUTK', 'an empty task'),
  ($$queue => 'slwo'$$, 'GWUQU', 'an unknown queue')
) as c (arguments, code, name);
select throws_like(
  format('select * from graphile_worker.list_jobs(%s)', c.arguments), c.pattern, 'the message names ' || c.name
)
from (values
  ($$'done'$$, '%done%', 'the state'), ($$row_limit => -7$$, '%-7%', 'the limit'),
  ($$task => 'mial'$$, '%mial%', 'the task'), ($$queue => 'slwo'$$, '%slwo%', 'the queue')
) as c (arguments, pattern, name);

delete from graphile_worker._private_jobs;
select graphile_worker.add_job('cancelled', job_key => k.key) from (values ('a'), ('b'), ('c'), ('d')) as k (key);
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key <> 'c';
update graphile_worker._private_jobs set locked_by = 'node' where key = 'd';
select graphile_worker.cancel_jobs(array(select j.id from graphile_worker._private_jobs as j where j.key <> 'a'));
-- As workers of another runtime fail it, who leave the mark.
update graphile_worker._private_jobs set locked_at = null, locked_by = null where locked_by = 'node';
select set_eq(
  $$select s.job_state, s.is_cancelled from graphile_worker.list_jobs() as s$$, $$values ('locked', true), ('locked', false), ('failed', false)$$,
  'one that runs on after it was cancelled says so, and none that has ended'
);

select * from finish();
