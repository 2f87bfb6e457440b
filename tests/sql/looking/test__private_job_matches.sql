-- Whether a job is meant.
select plan(22);

select graphile_worker.add_job('t', '{"to": "Ann"}', 'q', job_key => 'key');
update graphile_worker._private_jobs set last_error = 'timed out', locked_by = 'w';
create function pg_temp.found(
  state text, task_id integer, queue_id integer, pattern text, task_ids integer[], queue_ids integer[]
) returns boolean language sql as $$
  select coalesce(graphile_worker._private_job_matches(j, $1, $2, $3, $4, $5, $6), false)
  from graphile_worker._private_jobs as j
$$;
create temp table here as select j.task_id, j.job_queue_id from graphile_worker._private_jobs as j;
select is(pg_temp.found(c.state, null, null, null, null, null), c.is_found, 'state ' || c.state)
from (values
  ('all', true), ('ready', true), ('waiting', true), ('scheduled', false), ('failed', false), ('locked', false),
  ('unfinished', true)
) as c (state, is_found);
select is(pg_temp.found('all', null, null, c.pattern, null, null), c.is_found, 'pattern ' || c.pattern)
from (values
  ('%EY%', true), ('%timed%', true), ('W', true), ('%ann%', true), ('t', false), ('%nothing%', false)
) as c (pattern, is_found);
select is(pg_temp.found('all', null, null, 'no', array[h.task_id], null), true, 'of a task by name') from here as h;
select is(pg_temp.found('all', null, null, 'no', null, array[h.job_queue_id]), true, 'of a queue by name') from here as h;
select is(pg_temp.found('all', h.task_id, h.job_queue_id, null, null, null), true, 'task and queue') from here as h;
select is(pg_temp.found('all', -1, null, null, null, null), false, 'another task');
select is(pg_temp.found('all', null, -1, null, null, null), false, 'another queue');
update graphile_worker._private_jobs set locked_at = now();
select is(pg_temp.found('locked', null, null, null, null, null), true, 'a running one');
select is(pg_temp.found('waiting', null, null, null, null, null), false, 'does not wait');
select is(pg_temp.found('unfinished', null, null, null, null, null), true, 'and is not finished');
update graphile_worker._private_jobs set locked_at = null, attempts = max_attempts;
select is(pg_temp.found('unfinished', null, null, null, null, null), false, 'one that has failed is');

select * from finish();
