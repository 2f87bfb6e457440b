-- Jobs that were taken back from dead workers.
select plan(4);

select is_empty($$select from graphile_worker.list_crashes()$$, 'none');
select graphile_worker.add_job('t' || n) from generate_series(1, 3) as n;
insert into graphile_worker._private_crashes (job_id, crashes, last_crashed_at, last_worker_id)
select j.id, j.task_id, now(), 'w' from graphile_worker._private_jobs as j;
delete from graphile_worker._private_jobs where task_id = (select max(j.task_id) from graphile_worker._private_jobs as j);
select results_eq(
  $$select c.task_identifier, c.last_crashed_at, c.last_worker_id from graphile_worker.list_crashes() as c$$,
  $$values ('t2', now(), 'w'), ('t1', now(), 'w')$$,
  'those it happened to most often first; not one that is done'
);
select results_eq(
  $$select c.task_identifier from graphile_worker.list_crashes(1) as c$$, $$values ('t2')$$, 'so many'
);
select throws_ok($$select graphile_worker.list_crashes(-1)$$, 'GWBLM', null, 'GWBLM');

select * from finish();
