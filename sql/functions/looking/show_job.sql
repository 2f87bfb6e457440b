create or replace function @extschema@.show_job(job_id bigint) returns table (
  id bigint,
  job_state text,
  task_identifier text,
  payload json,
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
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    j.id,
    @extschema@._private_job_state(is_available => j.is_available, locked_at => j.locked_at, run_at => j.run_at),
    t.identifier,
    j.payload,
    q.queue_name,
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
  from @extschema@._private_jobs as j
  left join @extschema@._private_tasks as t on j.task_id = t.id
  left join @extschema@._private_job_queues as q on j.job_queue_id = q.id
  where j.id = show_job.job_id
$$;

comment on function @extschema@.show_job(bigint) is
$$Shows everything about one job, its payload included; no row when there is no such job (it may be done).
is_cancelled: it was cancelled while a worker held it, which has not ended that yet (cancel_jobs).$$;
