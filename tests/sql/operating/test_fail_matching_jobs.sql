-- Jobs that meet filters fail for good.
select plan(6);

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
create function pg_temp.failed(error text) returns text language sql as $$
  select string_agg(j.key, ' ' order by j.key) from graphile_worker._private_jobs as j
  where not j.is_available and j.attempts = j.max_attempts and j.last_error = error
$$;
select is((select m.changed from graphile_worker.fail_matching_jobs(task => 'mail', queue => 'slow') as m), 1::bigint, 'those that wait');
select is(pg_temp.failed('Manually marked as failed'), 'ready2', 'with the usual message');
select is(
  (select m.changed from graphile_worker.fail_matching_jobs(task => 'mail', error_message => 'no more') as m), 2::bigint,
  'not those that have failed'
);
select is(pg_temp.failed('no more'), 'ready1 scheduled1', 'with a message');
select is((select m.changed from graphile_worker.fail_matching_jobs(state => 'failed') as m), 5::bigint, 'unless told to');
select throws_ok('select * from graphile_worker.fail_matching_jobs()', 'GWNFI', null, 'GWNFI: not all that wait');

select * from finish();
