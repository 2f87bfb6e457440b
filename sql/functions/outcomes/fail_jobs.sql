create or replace function @extschema@.fail_jobs(
  worker_id text,
  job_ids bigint[],
  error_messages text[],
  replacement_payloads json[] default null,
  failed_at timestamptz[] default null
) returns table (id bigint, will_retry boolean, attempts smallint, max_attempts smallint, run_at timestamptz)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_ids bigint[];
  v_queue_ids integer[];
begin
  perform @extschema@._private_check_worker_id(worker_id);
  perform @extschema@._private_check_failures(
    job_ids => fail_jobs.job_ids, error_messages => fail_jobs.error_messages,
    payload_count => cardinality(replacement_payloads), failed_at => fail_jobs.failed_at
  );

  select array_agg(l.id), array_agg(l.job_queue_id) into v_ids, v_queue_ids
  from (
    select j.id, j.job_queue_id
    from @extschema@._private_jobs as j
    where j.id = any(job_ids) and j.locked_by = fail_jobs.worker_id
    order by j.id
    for update
  ) as l;
  return query
  update @extschema@._private_jobs as j
  set
    last_error = f.error_message,
    payload = coalesce(f.replacement_payload, j.payload),
    attempts = case
      when @extschema@._private_is_superseded(flags => j.flags) then j.max_attempts
      else j.attempts
    end,
    run_at = case
      when @extschema@._private_is_superseded(flags => j.flags) then coalesce(f.failed_at, now())
      else greatest(coalesce(f.failed_at, now()), j.run_at) + exp(least(j.attempts, 10)) * interval '1 second'
    end,
    locked_by = null,
    locked_at = null,
    updated_at = now()
  from (
    -- An id that is given twice fails once.
    select distinct on (u.id) u.id, u.error_message, u.replacement_payload, u.failed_at
    from unnest(job_ids, error_messages, replacement_payloads, fail_jobs.failed_at) as u (
      id, error_message, replacement_payload, failed_at
    )
    where u.id = any(v_ids)
    order by u.id
  ) as f
  where j.id = f.id
  returning j.id, j.attempts < j.max_attempts, j.attempts, j.max_attempts, j.run_at;
  perform @extschema@._private_unlock_queues(worker_id => worker_id, queue_ids => v_queue_ids);
end;
$$;

comment on function @extschema@.fail_jobs(text, bigint[], text[], json[], timestamptz[]) is
$$Records that jobs of a worker failed: stores the message of each, frees the job and its queue, and sets run_at for the
retry, exp(attempts) seconds from now (2.7 s after the first, at most 6 hours). Returns those the worker still held and
whether they will be retried; a job out of attempts, or that lost its key meanwhile,
stays in the table as failed. An id that does not come back was
taken from the worker.

error_messages: one per id. replacement_payloads: one per id, null to keep the payload; a batch keeps its failed items.
failed_at: the instant of each failure, from which its retry is counted; now() when null.
A retry does not hold up the jobs behind it in its queue. Safe to repeat. Locks: job rows in id order, then queue rows
in id order. Errors: GWBWI, GWBAL.$$;
