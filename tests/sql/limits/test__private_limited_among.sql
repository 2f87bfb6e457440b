-- Which of the tasks of jobs are limited.
select plan(1);

select graphile_worker.add_job(t) from unnest(array['t', 'u', 'v', 't']) as t;
select graphile_worker.limit_task('t', 1), graphile_worker.limit_task('v', 1), graphile_worker.limit_queue('u', 1);
select results_eq(
  $$
    select t.identifier
    from unnest(
      graphile_worker._private_limited_among(
        array(
          select j.id from graphile_worker._private_jobs as j
          inner join graphile_worker._private_tasks as i on i.id = j.task_id where i.identifier <> 'v'
        )
      )
    ) as l (id)
    inner join graphile_worker._private_tasks as t on t.id = l.id
  $$,
  $$values ('t')$$, 'those of these jobs, once'
);

select * from finish();
