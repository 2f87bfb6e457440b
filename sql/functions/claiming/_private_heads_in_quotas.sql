create or replace function @extschema@._private_heads_in_quotas(
  heads @extschema@._private_position[],
  task_ids integer[],
  quotas integer[]
) returns @extschema@._private_position[]
language sql immutable
as $$
  select coalesce(
    array_agg(row(n.task_id, n.queue_id, n.run_at, n.id)::@extschema@._private_position order by n.run_at, n.id), '{}'
  )
  from (
    select h.*, row_number() over (partition by h.task_id order by h.run_at, h.id) as number
    from unnest(heads) as h
  ) as n
  inner join unnest(task_ids, quotas) as q (task_id, quota) on q.task_id = n.task_id
  where q.quota is null or n.number <= q.quota
$$;

comment on function @extschema@._private_heads_in_quotas(@extschema@._private_position[], integer[], integer[]) is
$$Internal. Of these positions the first of each task, no more than its quota, null for no bound, in claim order; none
of other tasks than these.$$;
