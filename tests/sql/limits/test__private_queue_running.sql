-- How many jobs of a queue are held.
select plan(1);

select graphile_worker.add_job(t, queue_name => q) from unnest(array['t', 'u']) as t, unnest(array['a', 'b', null]) as q;
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now()
where job_queue_id is null or job_queue_id = (
  select q.id from graphile_worker._private_job_queues as q where q.queue_name = 'a'
);
select results_eq(
  $$
    select q.queue_name, r.running, r.worker_id
    from graphile_worker._private_queue_running(array(select i.id from graphile_worker._private_job_queues as i)) as r
    inner join graphile_worker._private_job_queues as q on q.id = r.queue_id
    order by 1
  $$,
  $$values ('a', 2, 'w'), ('b', 0, null)$$,
  'of all tasks, by whom'
);

select * from finish();
