-- What part of the jobs an index has.
select plan(4);

select is(
  graphile_worker._private_index_share('jobs_failed_index', 30, 120), 0.25::double precision, 'nothing is known yet: the part given'
);
select graphile_worker.add_job('t') from generate_series(1, 2000);
insert into graphile_worker._private_jobs (task_id, attempts) select j.task_id, 25 from graphile_worker._private_jobs as j;
analyze graphile_worker._private_jobs;
select ok(
  abs(graphile_worker._private_index_share('jobs_failed_index', 0, 4000) - 0.5) < 0.05, 'after analyze: the part it has'
);
select ok(graphile_worker._private_index_share('jobs_locked_index', 9, 9) < 0.05, 'an empty one');
select is(
  graphile_worker._private_index_share('no such index', 5000, 4000), 1::double precision, 'none: the part given, at most all'
);

select * from finish();
