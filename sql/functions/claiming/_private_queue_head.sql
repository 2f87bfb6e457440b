create or replace function @extschema@._private_queue_head(
  queue_id integer,
  priority smallint,
  task_ids integer[],
  forbidden_flags text[],
  now timestamptz
) returns table (task_id integer, run_at timestamptz, id bigint, job_ctid tid)
language sql stable rows 1
as $$
  select t.id, h.run_at, h.id, h.ctid
  from unnest(task_ids) as t (id)
  cross join lateral (
    select j.id, j.run_at, j.ctid
    from @extschema@._private_jobs as j
    where
      j.is_available
      and j.job_queue_id is not null
      and j.task_id = t.id
      and j.priority = _private_queue_head.priority
      -- As a range, so that only the index by queue gives the order below.
      and j.job_queue_id >= queue_id
      and j.job_queue_id <= queue_id
      and j.run_at <= _private_queue_head.now
      and @extschema@._private_is_allowed(flags => j.flags, forbidden_flags => _private_queue_head.forbidden_flags)
    order by j.task_id, j.priority, j.job_queue_id, j.run_at, j.id
    limit 1
  ) as h
  order by h.run_at, h.id
  limit 1
$$;

comment on function @extschema@._private_queue_head(integer, smallint, integer[], text[], timestamptz) is
$$Internal. The first job of one queue at one priority that can be claimed, and its position; no row when there is none.
Locks nothing.$$;
