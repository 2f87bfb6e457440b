create or replace function @extschema@._private_job_summaries(ids bigint[]) returns table (
  id bigint,
  job_state text,
  task_identifier text,
  queue_name text,
  priority smallint,
  run_at timestamptz,
  attempts smallint,
  max_attempts smallint,
  key text,
  flags jsonb,
  last_error text,
  locked_at timestamptz,
  locked_by text,
  created_at timestamptz,
  updated_at timestamptz,
  revision integer,
  is_cancelled boolean
)
language sql stable
as $$
  select
    j.id,
    @extschema@._private_job_state(is_available => j.is_available, locked_at => j.locked_at, run_at => j.run_at),
    (select t.identifier from @extschema@._private_tasks as t where t.id = j.task_id),
    (select q.queue_name from @extschema@._private_job_queues as q where q.id = j.job_queue_id),
    j.priority,
    j.run_at,
    j.attempts,
    j.max_attempts,
    j.key,
    @extschema@._private_plain_flags(flags => j.flags),
    j.last_error,
    j.locked_at,
    j.locked_by,
    j.created_at,
    j.updated_at,
    j.revision,
    (j.is_available or j.locked_at is not null) and @extschema@._private_is_cancelled(flags => j.flags)
  from unnest(_private_job_summaries.ids) as i (id)
  inner join @extschema@._private_jobs as j on i.id = j.id
$$;

comment on function @extschema@._private_job_summaries(bigint[]) is
$$Internal. The jobs with these ids as lists show them: their state, and names in the place of the ids of task and
queue. In no order.$$;
