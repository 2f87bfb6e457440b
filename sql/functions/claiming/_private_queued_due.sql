create or replace function @extschema@._private_queued_due(
  task_ids integer[],
  priority smallint,
  after timestamptz
) returns table (run_at timestamptz)
language sql stable rows 1
as $$
  select min(f.run_at)
  from unnest(_private_queued_due.task_ids) as t (id)
  cross join lateral (
    select j.run_at
    from @extschema@._private_jobs as j
    where
      j.is_available
      and j.job_queue_id is not null
      and j.task_id = t.id
      and j.priority = _private_queued_due.priority
      and j.run_at > after
    order by j.task_id, j.priority, j.run_at, j.id
    limit 1
  ) as f
$$;

comment on function @extschema@._private_queued_due(integer[], smallint, timestamptz) is
$$Internal. When the first job in a queue is due, at one priority, after an instant: one row, null for none. Locks
nothing.$$;
