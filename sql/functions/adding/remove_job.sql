create or replace function @extschema@.remove_job(job_key text) returns @extschema@._private_jobs
language plpgsql volatile strict security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_job @extschema@._private_jobs;
begin
  loop
    select j.* into v_job from @extschema@._private_jobs as j where j.key = job_key for update;
    exit when found;
    -- Waiting for another session may have shown that the row lost its key, to a row that has it now.
    if not exists (select from @extschema@._private_jobs as j where j.key = job_key) then
      return null;
    end if;
  end loop;

  if v_job.locked_at is null or v_job.locked_at < now() - @extschema@._private_lock_expiry() then
    delete from @extschema@._private_jobs as j where j.id = v_job.id;
  else
    -- It runs: it can only be kept from being tried again.
    v_job := @extschema@._private_supersede_job(job_id => v_job.id);
  end if;
  perform @extschema@._private_notify(job_count => -1);
  return v_job;
end;
$$;

comment on function @extschema@.remove_job(text) is
$$Removes the job with this key and returns its row; null when there is none. A job that runs (locked within the last 4
hours) goes on, but loses its key and is never claimed again: given back by its worker, or taken from it, it is
deleted; failed it stays failed, and no retry takes it.
Notifies: jobs:superseded for a job that runs; jobs:insert with count -1; unless the setting graphile_worker.notify says
otherwise. Locks: the job row. Errors: GWBNS.$$;
