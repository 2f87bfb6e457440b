create or replace function @extschema@._private_next_queued_priority(
  task_ids integer[],
  after_priority integer,
  now timestamptz
) returns table (
  priority smallint,
  plain_starts @extschema@._private_position[],
  queued_run_at timestamptz,
  queued_id bigint,
  next_due timestamptz
)
language sql stable rows 1
as $$
  select
    min(f.priority),
    null::@extschema@._private_position[],
    min(f.run_at) filter (where f.is_due),
    min(f.id) filter (where f.is_due),
    min(f.run_at) filter (where not f.is_due)
  from (
    select
      h.priority,
      h.run_at,
      h.id,
      h.run_at <= _private_next_queued_priority.now as is_due,
      min(h.priority) over () as first_priority
    from unnest(_private_next_queued_priority.task_ids) as t (id)
    cross join lateral (
      select j.priority, j.run_at, j.id
      from @extschema@._private_jobs as j
      where
        j.is_available
        and j.job_queue_id is not null
        and j.task_id = t.id
        and j.priority > after_priority
      order by j.task_id, j.priority, j.run_at, j.id
      limit 1
    ) as h
  ) as f
  where f.priority = f.first_priority
$$;

comment on function @extschema@._private_next_queued_priority(integer[], integer, timestamptz) is
$$Internal. What _private_next_priority tells, to a worker that takes no jobs without a queue: these are not looked at.
Reads one entry of an index per task. Locks nothing.$$;
