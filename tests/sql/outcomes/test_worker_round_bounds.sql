-- A round claims of some queues, and so many of each task; test_get_jobs_bounds has the cases.
select plan(2);

select graphile_worker.add_job(j.task, queue_name => j.queue, job_key => j.key)
from (values ('a1', 't', null), ('a2', 't', null), ('b', 'u', 'mail'), ('c', 'u', 'bulk')) as j (key, task, queue);
create function pg_temp.round(task_identifiers text[], max_per_task integer[], only_queues text[], not_queues text[])
returns text language sql as $$
  select string_agg(r.key, ' ' order by r.key) from graphile_worker.worker_round(
    'w', task_identifiers => round.task_identifiers, max_jobs => 10, max_per_task => round.max_per_task,
    only_queues => round.only_queues, not_queues => round.not_queues
  ) as r
$$;
select is(pg_temp.round('{t,u}', '{1,null}', '{"",*}', '{bulk}'), 'a1 b', 'what it may take');
select is(pg_temp.round('{t,u}', '{0,null}', '{*}', null), 'c', 'and another time');

select * from finish();
