create or replace function @extschema@.fail_jobs(
  worker_id text,
  job_ids bigint[],
  error_messages text[],
  replacement_payloads json[] default null,
  failed_at timestamptz[] default null,
  retry_ats timestamptz[] default null,
  given_up boolean[] default null
) returns table (id bigint, will_retry boolean, attempts smallint, max_attempts smallint, run_at timestamptz)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table was small must not outlive that, nor is one to be made at each call.
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
  v_ids bigint[];
  v_removed_ids bigint[];
  v_queue_ids integer[];
  v_has_policies boolean;
  v_retries jsonb;
begin
  perform @extschema@._private_check_worker_id(worker_id);
  perform @extschema@._private_check_failures(
    job_ids => fail_jobs.job_ids, error_messages => fail_jobs.error_messages,
    payload_count => cardinality(replacement_payloads), failed_at => fail_jobs.failed_at,
    retry_ats => fail_jobs.retry_ats, given_up => fail_jobs.given_up
  );
  select
    array_agg(l.id), array_agg(l.job_queue_id),
    array_agg(l.id) filter (where l.flags ? 'graphile_worker:remove'),
    exists(select from @extschema@._private_rooms as r where r.room = 'policies')
  into v_ids, v_queue_ids, v_removed_ids, v_has_policies
  from (
    select j.id, j.job_queue_id, j.flags
    from @extschema@._private_jobs as j
    where j.id = any(job_ids) and j.locked_by = fail_jobs.worker_id
    order by j.id
    for update
  ) as l;
  if v_has_policies then
    v_retries := @extschema@._private_retry_policies(job_ids => v_ids);
  end if;
  return query
  update @extschema@._private_jobs as j
  set
    last_error = case
      when @extschema@._private_is_cancelled(flags => j.flags) then j.last_error
      else f.error_message
    end,
    payload = coalesce(f.replacement_payload, j.payload),
    attempts = case
      when f.given_up or @extschema@._private_ending(flags => j.flags) is not null then j.max_attempts
      else j.attempts
    end,
    run_at = case
      when @extschema@._private_ending(flags => j.flags) is not null then coalesce(f.failed_at, now())
      else @extschema@._private_retry_at(
        failed_at => coalesce(f.failed_at, now()), run_at => j.run_at, attempts => j.attempts,
        retry_at => f.retry_at, retry => v_retries -> j.task_id::text
      )
    end,
    flags = @extschema@._private_uncancelled(flags => j.flags),
    locked_by = null,
    locked_at = null,
    updated_at = now()
  from (
    -- An id that is given twice fails once.
    select distinct on (u.id) u.*
    from unnest(
      job_ids, error_messages, replacement_payloads, fail_jobs.failed_at, retry_ats, fail_jobs.given_up
    ) as u (
      id, error_message, replacement_payload, failed_at, retry_at, given_up
    )
    where u.id = any(v_ids)
    order by u.id
  ) as f
  where j.id = f.id
  returning j.id, j.attempts < j.max_attempts, j.attempts, j.max_attempts, j.run_at;
  if v_removed_ids is not null then
    delete from @extschema@._private_jobs as j where j.id = any(v_removed_ids);
  end if;
  perform @extschema@._private_unlock_queues(worker_id => worker_id, queue_ids => v_queue_ids);
end;
$$;

comment on function @extschema@.fail_jobs(
  text, bigint[], text[], json[], timestamptz[], timestamptz[], boolean[]
) is
$$Records that jobs of a worker failed: stores the message of each, frees the job and its queue, and sets run_at for the
retry. That is as the policy of its task says (set_task_policy), else exp(attempts) seconds from now (2.7 s after the
first, at most 6 hours). Returns those the worker still held and
whether they will be retried; a job out of attempts, or that lost its key or was cancelled meanwhile,
stays in the table as failed; cancelled, it keeps the error that says so, or is removed (cancel_jobs). An id that does
not come back was taken from the worker.

error_messages: one per id. replacement_payloads: one per id, null to keep the payload; a batch keeps its failed items.
failed_at: the instant of each failure, from which its retry is counted; now() when null.
retry_ats: when each is due again, null to leave that to policy and attempts. given_up: true for what is not to be tried
again, however many attempts it has left.
A retry does not hold up the jobs behind it in its queue. Safe to repeat. Locks: job rows in id order, then queue rows
in id order. Errors: GWBWI, GWBAL, GWBTI.$$;
