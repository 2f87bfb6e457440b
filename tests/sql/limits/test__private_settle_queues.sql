-- All queues that run jobs, or are locked, are settled.
select plan(1);

select graphile_worker.add_job('t', queue_name => 'q' || q) from generate_series(1, 3) as q, generate_series(1, 2);
insert into graphile_worker._private_limits (kind, name, origin, max_running) values ('pattern', 'q', 'operator', 2);
update graphile_worker._private_jobs as j set locked_by = 'v', locked_at = now()
where j.job_queue_id = (select q.id from graphile_worker._private_job_queues as q where q.queue_name = 'q1');
update graphile_worker._private_job_queues set locked_by = 'w', locked_at = now() where queue_name = 'q2';
select graphile_worker._private_settle_queues();
select is(
  (
    select string_agg(concat_ws(' ', q.queue_name, q.locked_by), ', ' order by q.queue_name)
    from graphile_worker._private_job_queues as q
  ),
  'q1 v, q2, q3', 'a full one is locked, one that runs nothing is free'
);

select * from finish();
