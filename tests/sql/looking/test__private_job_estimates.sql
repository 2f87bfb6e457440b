-- Roughly how many jobs are in each state.
select plan(2);

select is_empty(
  'select * from graphile_worker._private_job_estimates() as e where least(e.ready, e.scheduled, e.locked, e.failed) < 0',
  'nothing there, nothing known: nothing below zero'
);
select graphile_worker._private_task_id('t');
insert into graphile_worker._private_jobs (task_id, run_at, attempts, locked_at)
select
  t.id,
  now() + case when n % 4 = 1 then interval '1 hour' else interval '-1 hour' end,
  case when n % 4 = 2 then 25 else 0 end,
  case when n % 4 = 3 then now() end
from generate_series(1, 20000) as n (n) cross join graphile_worker._private_tasks as t;
analyze graphile_worker._private_jobs;
select ok(
  (
    select
      e.ready between 4000 and 6000 and e.scheduled between 4000 and 6000 and e.locked between 4000 and 6000
      and e.failed between 4000 and 6000
    from graphile_worker._private_job_estimates() as e
  ),
  'a quarter each, whatever the states have in common'
);

select * from finish();
