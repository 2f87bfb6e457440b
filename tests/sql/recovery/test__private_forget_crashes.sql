-- What was counted about jobs that have ended is forgotten.
select plan(1);

select graphile_worker.add_job('t', job_key => k, max_attempts => 1) from unnest('{waits,runs,failed}'::text[]) as k;
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where key = 'runs';
update graphile_worker._private_jobs set attempts = 1 where key in ('runs', 'failed');
insert into graphile_worker._private_crashes (job_id, crashes, last_crashed_at, last_worker_id)
select j.id, 1, now(), 'w' from graphile_worker._private_jobs as j union all select -1, 1, now(), 'w';
select graphile_worker._private_forget_crashes();

select set_eq(
  $$
    select j.key from graphile_worker._private_crashes as c
    left join graphile_worker._private_jobs as j on j.id = c.job_id
  $$,
  $$values ('waits'), ('runs')$$,
  'gone, and failed for good'
);

select * from finish();
