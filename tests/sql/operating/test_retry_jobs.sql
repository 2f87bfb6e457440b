-- Jobs are tried again.
select plan(3);

select graphile_worker.add_job('t', job_key => c.key, run_at => now() + interval '1 hour')
from (values ('failed'), ('running'), ('waiting'), ('not named')) as c (key);
update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'e' where key in ('failed', 'not named');
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key = 'running';
select set_eq(
  $$
    select r.key from graphile_worker.retry_jobs(
      array(select j.id from graphile_worker._private_jobs as j where j.key <> 'not named') || '{0}'::bigint[]
    ) as r
  $$,
  $$values ('failed'), ('waiting')$$,
  'returns those that are not running'
);
select results_eq(
  $$
    select j.key, j.attempts::integer, j.run_at, j.last_error, j.is_available
    from graphile_worker._private_jobs as j where j.key in ('failed', 'waiting') order by 1
  $$,
  $$values ('failed', 0, now(), 'e', true), ('waiting', 0, now(), null, true)$$,
  'due now, with all attempts; the error stays'
);
select is(
  (select j.is_available from graphile_worker._private_jobs as j where j.key = 'not named'), false, 'others stay as they are'
);

select * from finish();
