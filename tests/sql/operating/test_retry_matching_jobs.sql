-- Jobs that meet filters are tried again.
select plan(8);

select graphile_worker.add_job(c.task, '{}', c.queue, now() + c.due::interval, job_key => c.key)
from (values
  ('mail', null, '-1 hour', 'ready1'),
  ('mail', 'slow', '-1 hour', 'ready2'),
  ('mail', null, '1 hour', 'scheduled1'),
  ('thumb', null, '-1 hour', 'locked1'),
  ('thumb', 'slow', '-1 hour', 'failed1'),
  ('mail', null, '-1 hour', 'failed2')
) as c (task, queue, due, key);
update graphile_worker._private_jobs set locked_at = now() - interval '5 hours', locked_by = 'w' where key = 'locked1';
update graphile_worker._private_jobs
set attempts = max_attempts, last_error = key || ' timed out', updated_at = now() - interval '2 hours'
where key like 'failed%';
create function pg_temp.due() returns text language sql as $$
  select string_agg(j.key, ' ' order by j.key) from graphile_worker._private_jobs as j
  where j.is_available and j.run_at = now() and j.attempts = 0 and j.updated_at = now()
$$;
select is((select m.changed from graphile_worker.retry_matching_jobs(task => 'thumb') as m), 1::bigint, 'of a task: the failed ones');
select is(pg_temp.due(), 'failed1', 'due now, with all attempts');
select is(
  (select j.last_error from graphile_worker._private_jobs as j where j.key = 'failed1'), 'failed1 timed out', 'the error stays'
);
select is(
  (select m.changed from graphile_worker.retry_matching_jobs(state => 'scheduled') as m), 1::bigint, 'others, when told to'
);
select is(pg_temp.due(), 'failed1 scheduled1', 'those are due, too');
select is((select j.locked_by from graphile_worker._private_jobs as j where j.key = 'locked1'), 'w', 'a running one still runs');
select throws_ok('select * from graphile_worker.retry_matching_jobs()', 'GWNFI', null, 'GWNFI: not even the state');
select results_eq(
  $$select m.changed, m.more from graphile_worker.retry_matching_jobs(state => 'all', max_jobs => 2) as m$$,
  $$values (2::bigint, true)$$,
  'in chunks'
);

select * from finish();
