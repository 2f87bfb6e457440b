create or replace function @extschema@._private_queued_priorities(
  max_pairs integer,
  out task_ids integer[],
  out priorities smallint[]
)
language sql stable
as $$
  with recursive p (task_id, priority) as (
    (
      select j.task_id, j.priority
      from @extschema@._private_jobs as j
      where j.is_available and j.job_queue_id is not null
      order by j.task_id, j.priority, j.run_at, j.id
      limit 1
    )
    union all
    select n.task_id, n.priority
    from p
    cross join lateral (
      select j.task_id, j.priority
      from @extschema@._private_jobs as j
      where j.is_available and j.job_queue_id is not null and (j.task_id, j.priority) > (p.task_id, p.priority)
      order by j.task_id, j.priority, j.run_at, j.id
      limit 1
    ) as n
  )

  select array_agg(l.task_id), array_agg(l.priority)
  from (select p.task_id, p.priority from p limit max_pairs) as l
$$;

comment on function @extschema@._private_queued_priorities(integer) is
$$Internal. The tasks and priorities of the jobs in queues that are ready or scheduled, as pairs, at most so many.$$;
