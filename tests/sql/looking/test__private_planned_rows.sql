-- What the planner expects.
select plan(4);

select graphile_worker.add_job('t', queue_name => 'q' || n % 10) from generate_series(1, 2000) as n (n);
insert into graphile_worker._private_jobs (task_id, locked_at) select j.task_id, now() from graphile_worker._private_jobs as j;
analyze graphile_worker._private_jobs;
analyze graphile_worker._private_job_queues;
select ok(graphile_worker._private_planned_rows('jobs') between 3900 and 4100, 'jobs');
select ok(graphile_worker._private_planned_rows('available jobs') between 1900 and 2100, 'those that are available');
select is(graphile_worker._private_planned_rows('queues'), 10::double precision, 'queues');
select throws_ok($$select graphile_worker._private_planned_rows('users')$$, '20000', null, 'and nothing else');

select * from finish();
