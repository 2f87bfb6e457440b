-- Jobs that meet filters are removed.
select plan(5);

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
create function pg_temp.left_over() returns text language sql as $$
  select string_agg(j.key, ' ' order by j.key) from graphile_worker._private_jobs as j
$$;
select is((select m.changed from graphile_worker.remove_matching_jobs(state => 'failed', max_jobs => 1) as m), 1::bigint, 'a chunk');
select is(pg_temp.left_over(), 'failed2 locked1 ready1 ready2 scheduled1', 'the first one');
select is((select m.changed from graphile_worker.remove_matching_jobs(state => 'all') as m), 4::bigint, 'all');
select is(pg_temp.left_over(), 'locked1', 'but those that run');
select throws_ok('select * from graphile_worker.remove_matching_jobs()', 'GWNFI', null, 'GWNFI: not without a filter');

select * from finish();
