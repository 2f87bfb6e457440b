-- Jobs that meet filters change.
select plan(9);

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
select is(
  (
    select m.changed
    from graphile_worker.reschedule_matching_jobs(queue => 'slow', run_at => '2100-01-01 00:00+00', priority => 7) as m
  ),
  2::bigint,
  'how many'
);
select results_eq(
  $$select j.key, j.run_at, j.priority::integer, j.attempts::integer, j.max_attempts::integer, j.updated_at
    from graphile_worker._private_jobs as j where j.job_queue_id is not null order by 1$$,
  $$values
    ('failed1', timestamptz '2100-01-01 00:00+00', 7, 25, 25, now()), ('ready2', '2100-01-01 00:00+00', 7, 0, 25, now())
  $$,
  'what is given changes, the rest stays'
);
select is(
  (select m.changed from graphile_worker.reschedule_matching_jobs(state => 'failed', attempts => 3, max_attempts => 4) as m),
  2::bigint,
  'how many'
);
select results_eq(
  $$select j.attempts::integer, j.max_attempts::integer, j.is_available
    from graphile_worker._private_jobs as j where j.key like 'failed%'$$,
  $$values (3, 4, true), (3, 4, true)$$,
  'they have an attempt left'
);
select is((select j.updated_at < now() or j.priority = 0 from graphile_worker._private_jobs as j where j.key = 'locked1'), true, 'running ones stay');
select throws_ok(
  format('select * from graphile_worker.reschedule_matching_jobs(%s)', c.arguments), c.code, null, c.code
)
from (values
  ('priority => 1', 'GWNFI'), ($$state => 'all', priority => 40000$$, 'GWBPR'),
  ($$state => 'all', attempts => -1$$, 'GWBAT'), ($$state => 'all', max_attempts => 0$$, 'GWBMA')
) as c (arguments, code);

select * from finish();
