create or replace function @extschema@.find_job(job_key text) returns table (
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
  select s.*
  from @extschema@._private_jobs as j
  cross join lateral @extschema@.show_job(job_id => j.id) as s
  where j.key = find_job.job_key
$$;

comment on function @extschema@.find_job(text) is
$$Shows everything about the job with this key, as show_job does by id; no row when no job has it. A job that runs has
lost its key once another took its place, or it was removed.$$;
