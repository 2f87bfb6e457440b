create or replace function @extschema@._private_queue_counts(
  queue_id integer,
  task_ids integer[],
  priorities smallint[],
  count_limit integer
) returns table (ready bigint, scheduled bigint)
language sql stable
as $$
  -- Of each task and priority what is due first, so that a count which stops short has counted those.
  select
    count(*) filter (where c.run_at <= now()),
    count(*) filter (where c.run_at > now())
  from unnest(task_ids, priorities) as p (task_id, priority)
  cross join lateral (
    select j.run_at
    from @extschema@._private_jobs as j
    where
      j.is_available
      and j.job_queue_id is not null
      and j.task_id = p.task_id
      and j.priority = p.priority
      and j.job_queue_id = _private_queue_counts.queue_id
    order by j.task_id, j.priority, j.job_queue_id, j.run_at, j.id
    limit count_limit
  ) as c
$$;

comment on function @extschema@._private_queue_counts(integer, integer[], smallint[], integer) is
$$Internal. How many jobs of a queue are ready and scheduled, counted up to count_limit for each pair of a task and a
priority.$$;
