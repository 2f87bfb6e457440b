create or replace function @extschema@._private_queue_running(queue_ids integer[]) returns table (
  queue_id integer,
  running integer,
  worker_id text
)
language sql stable
as $$
  select i.id, r.running, r.worker_id
  from unnest(queue_ids) as i (id)
  cross join lateral (
    select count(*)::integer as running, min(j.locked_by) as worker_id
    from @extschema@._private_jobs as j
    where
      j.locked_at is not null
      and j.task_id = any(array(select t.id from @extschema@._private_tasks as t))
      and j.job_queue_id = i.id
  ) as r
$$;

comment on function @extschema@._private_queue_running(integer[]) is
$$Internal. How many jobs of each of these queues somebody holds, and one of those who do. Reads an entry of an index
per task there is, and per job.$$;
