create or replace function @extschema@._private_next_priority(
  task_ids integer[],
  after_priority integer,
  hint_priority smallint,
  hint_run_at timestamptz,
  hint_id bigint,
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
    array_agg(row(f.task_id, null, f.run_at, f.id)::@extschema@._private_position)
      filter (where f.is_plain and f.is_due),
    min(f.run_at) filter (where not f.is_plain and f.is_due),
    min(f.id) filter (where not f.is_plain and f.is_due),
    min(f.run_at) filter (where f.is_plain or not f.is_due)
  from (
    select
      h.task_id,
      h.priority,
      h.run_at,
      h.id,
      h.is_plain,
      h.run_at <= _private_next_priority.now as is_due,
      min(h.priority) over () as first_priority
    from unnest(_private_next_priority.task_ids) as t (id)
    cross join lateral (
      -- At better priorities than the hint's, then behind the hint.
      (
        (
          select j.task_id, j.priority, j.run_at, j.id, true as is_plain
          from @extschema@._private_jobs as j
          where
            j.is_available
            and j.job_queue_id is null
            and j.task_id = t.id
            and j.priority > after_priority
            and j.priority < hint_priority
          order by j.task_id, j.priority, j.run_at, j.id
          limit 1
        )
        union all
        (
          select j.task_id, j.priority, j.run_at, j.id, true
          from @extschema@._private_jobs as j
          where
            j.is_available
            and j.job_queue_id is null
            and j.task_id = t.id
            and (j.priority, j.run_at, j.id) > (
              greatest(after_priority, hint_priority),
              case when after_priority < hint_priority then hint_run_at else timestamptz 'infinity' end,
              case when after_priority < hint_priority then hint_id else 9223372036854775807 end
            )
          order by j.task_id, j.priority, j.run_at, j.id
          limit 1
        )
        limit 1
      )
      union all
      (
        select j.task_id, j.priority, j.run_at, j.id, false
        from @extschema@._private_jobs as j
        where
          j.is_available
          and j.job_queue_id is not null
          and j.task_id = t.id
          and j.priority > after_priority
        order by j.task_id, j.priority, j.run_at, j.id
        limit 1
      )
    ) as h
  ) as f
  where f.priority = f.first_priority
$$;

comment on function @extschema@._private_next_priority(
  integer[], integer, smallint, timestamptz, bigint, timestamptz
) is
$$Internal. The first priority after after_priority at which these tasks have jobs that are available: one row, of nulls
when there is none.
plain_starts: where the jobs without a queue begin, of each task that has any due; null when none has.
queued_run_at, queued_id: no job in a queue that is due comes before this; nulls when none is due.
next_due: when the first is due of those seen here, apart from those in queues that are due already.
hint_*: at its priority a job without a queue is not looked at unless it comes after the hint; nulls for no hint.
Reads one entry of an index per task and kind, two where there is a hint. Locks nothing.$$;
