create or replace function @extschema@._private_cancel_locked(job_ids bigint[], reason text, remove boolean)
returns table (id bigint, outcome text, worker_id text)
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_error constant text := @extschema@._private_cancel_error(reason => reason);
  v_kept_ids bigint[] := job_ids;
begin
  if remove then
    -- What is removed while its unique key is in use would go on keeping others from being added within its period.
    v_kept_ids := @extschema@._private_forget_uniques(job_ids => job_ids);
    return query
    delete from @extschema@._private_jobs as j
    where j.id = any(job_ids) and j.id <> all(v_kept_ids) and j.locked_at is null
    returning j.id, 'removed', null::text;
  end if;
  -- What had failed before keeps the error that says why.
  return query
  update @extschema@._private_jobs as j
  set
    attempts = j.max_attempts,
    last_error = case when j.is_available then v_error else j.last_error end,
    updated_at = case when j.is_available then now() else j.updated_at end
  where j.id = any(v_kept_ids) and j.locked_at is null
  returning j.id, 'failed', null::text;
  -- Other runtimes know nothing of the mark: when they give the job back, they take the attempt off again. Parked it is
  -- not claimed even then.
  return query
  update @extschema@._private_jobs as j
  set
    key = null,
    attempts = j.max_attempts,
    run_at = @extschema@._private_parked(),
    last_error = v_error,
    flags = coalesce(j.flags, '{}') || '{"graphile_worker:cancelled": true}'
      || case when remove and j.id <> all(v_kept_ids) then '{"graphile_worker:remove": true}' else '{}' end::jsonb,
    updated_at = now()
  where j.id = any(job_ids) and j.locked_at is not null
  returning j.id, 'asked', j.locked_by;
  perform @extschema@._private_notify_cancel(job_ids => job_ids);
end;
$$;

comment on function @extschema@._private_cancel_locked(bigint[], text, boolean) is
$$Internal. Cancels these jobs, whose rows the caller has locked. One that waits is failed for good, or removed. One
that is claimed loses its key and is marked: completed it is done; however else its claim ends, it stays failed, or is
removed. One whose unique key is in use at this moment fails instead of being removed. Returns what became of each:
failed, removed or asked, with the worker that holds it.
Notifies: jobs:cancel, not with graphile_worker.notify at off. Locks: the job rows, which the caller has locked.$$;
