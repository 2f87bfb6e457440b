create or replace function @extschema@._private_claimed_jobs(job_ids bigint[]) returns table (
  id bigint,
  task_identifier text,
  payload json,
  queue_name text,
  priority smallint,
  run_at timestamptz,
  attempts smallint,
  max_attempts smallint,
  created_at timestamptz,
  key text,
  flags jsonb
)
language sql stable
as $$
  select
    j.id,
    t.identifier,
    j.payload,
    (select q.queue_name from @extschema@._private_job_queues as q where q.id = j.job_queue_id),
    j.priority,
    greatest(j.run_at, timestamptz '0001-01-02 00:00:00+00'),
    j.attempts,
    j.max_attempts,
    j.created_at,
    j.key,
    j.flags
  from @extschema@._private_jobs as j
  inner join @extschema@._private_tasks as t on t.id = j.task_id
  where j.id = any(job_ids)
  order by j.priority, j.run_at, j.id
$$;

comment on function @extschema@._private_claimed_jobs(bigint[]) is
$$Internal. Jobs that were just claimed, as get_jobs returns them: where the claim is guarded, and made job by job.$$;
