create or replace function @extschema@._private_job_matches(
  job @extschema@._private_jobs,
  state text,
  task_id integer,
  queue_id integer,
  pattern text,
  task_ids integer[],
  queue_ids integer[]
) returns boolean
language sql stable
as $$
  select
    (
      state = 'all'
      or @extschema@._private_job_state(
        is_available => (job).is_available, locked_at => (job).locked_at, run_at => (job).run_at
      ) = state
      or (state = 'waiting' and (job).is_available)
      or (state = 'unfinished' and ((job).is_available or (job).locked_at is not null))
    )
    and (_private_job_matches.task_id is null or (job).task_id = _private_job_matches.task_id)
    and (queue_id is null or (job).job_queue_id = queue_id)
    and (
      pattern is null
      or (job).key ilike pattern
      or (job).last_error ilike pattern
      or (job).locked_by ilike pattern
      or (job).payload::text ilike pattern
      or (job).task_id = any(task_ids)
      or (job).job_queue_id = any(queue_ids)
    )
$$;

comment on function @extschema@._private_job_matches(
  @extschema@._private_jobs, text, integer, integer, text, integer[], integer[]
) is
$$Internal. Whether a job is in this state and of this task and queue, and has the pattern in its key, error, worker or
payload, or is of one of these tasks or queues. Null matches all. Without subqueries, so that it becomes a part of the
query that calls it.$$;
