-- Which of the tasks and queues of jobs are limited.
select plan(2);

select graphile_worker.add_job(t, queue_name => q)
from unnest(array['t', 'u', 'v', 't'], array['a', 'b', 'c', 'a']) as s (t, q);
select graphile_worker.limit_task('t', 1), graphile_worker.limit_task('v', 1);
select graphile_worker.limit_queue('a', 1), graphile_worker.limit_queue('c', 2), graphile_worker.limit_queue('u', 1);
select results_eq(
  $$
    select t.identifier, q.queue_name
    from graphile_worker._private_limited_among(
      array(
        select j.id from graphile_worker._private_jobs as j
        inner join graphile_worker._private_tasks as i on i.id = j.task_id where i.identifier <> 'v'
      )
    ) as l
    cross join lateral unnest(l.task_ids, l.queue_ids) as i (task_id, queue_id)
    inner join graphile_worker._private_tasks as t on t.id = i.task_id
    inner join graphile_worker._private_job_queues as q on q.id = i.queue_id
  $$,
  $$values ('t', 'a')$$, 'those of these jobs, once'
);
select results_eq(
  $$
    select l.task_ids, l.queue_ids
    from graphile_worker._private_limited_among(
      array(
        select j.id from graphile_worker._private_jobs as j
        inner join graphile_worker._private_tasks as i on i.id = j.task_id where i.identifier = 'u'
      )
    ) as l
  $$,
  $$values (null::integer[], null::integer[])$$, 'none'
);

select * from finish();
