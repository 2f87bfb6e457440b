create or replace function @extschema@._private_supersede_job(job_id bigint) returns @extschema@._private_jobs
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_job @extschema@._private_jobs;
begin
  -- Other runtimes know nothing of the mark: when they give the job back, they take the attempt off again. Parked it is
  -- not claimed even then.
  update @extschema@._private_jobs as j
  set
    key = null,
    attempts = j.max_attempts,
    run_at = @extschema@._private_parked(),
    flags = coalesce(j.flags, '{}') || '{"graphile_worker:superseded": true}',
    updated_at = now()
  where j.id = _private_supersede_job.job_id
  returning j.* into v_job;
  -- What no worker has to hear: that it has started is as likely.
  if current_setting('graphile_worker.notify', true) is distinct from 'off' and length(v_job.locked_by) <= 1000 then
    perform pg_notify(
      'jobs:superseded', json_build_object('worker', v_job.locked_by, 'ids', json_build_array(job_id))::text
    );
  end if;
  return v_job;
end;
$$;

comment on function @extschema@._private_supersede_job(bigint) is
$$Internal. Takes its key from a job that is claimed, and marks it so that it is never claimed again, by anybody:
returned, recovered or unlocked it is deleted, failed it stays failed, and no retry takes it. Returns its row.
Notifies: jobs:superseded with {"worker": ..., "ids": [...]}, so that the worker does not start what still waits in its
memory; not with graphile_worker.notify at off. Locks: the job row, which the caller has locked.$$;
