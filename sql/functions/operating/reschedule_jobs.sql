create or replace function @extschema@.reschedule_jobs(
  job_ids bigint[],
  run_at timestamptz,
  priority integer,
  attempts integer,
  max_attempts integer,
  dry_run boolean
) returns setof @extschema@._private_jobs
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_ids bigint[];
  v_count bigint;
begin
  perform @extschema@._private_check_changes(priority => priority, attempts => attempts, max_attempts => max_attempts);
  if coalesce(dry_run, true) then
    v_ids := array(select j.id from @extschema@._private_idle_jobs(job_ids => reschedule_jobs.job_ids) as j);
    perform @extschema@._private_refuse_superseded(job_ids => v_ids);
    return query select j.* from @extschema@._private_idle_jobs(job_ids => v_ids) as j;
    return;
  end if;
  v_ids := array(
    select j.id
    from @extschema@._private_jobs as j
    where j.id = any(job_ids) and (j.locked_at is null or j.locked_at < now() - @extschema@._private_lock_expiry())
    order by j.id
    for update
  );
  perform @extschema@._private_refuse_superseded(job_ids => v_ids);
  return query
  update @extschema@._private_jobs as j
  set
    run_at = coalesce(
      reschedule_jobs.run_at,
      -- Who gave it back may not have known that it was parked.
      case when @extschema@._private_is_cancelled(flags => j.flags) then now() else j.run_at end
    ),
    priority = coalesce(reschedule_jobs.priority, j.priority),
    attempts = coalesce(reschedule_jobs.attempts, j.attempts),
    max_attempts = coalesce(reschedule_jobs.max_attempts, j.max_attempts),
    flags = @extschema@._private_uncancelled(flags => j.flags),
    updated_at = now()
  where j.id = any(v_ids)
  returning j.*;
  get diagnostics v_count = row_count;
  if v_count > 0 then
    perform @extschema@._private_notify(job_count => v_count::integer);
  end if;
end;
$$;

comment on function @extschema@.reschedule_jobs(bigint[], timestamptz, integer, integer, integer, boolean) is
$$Changes jobs, as without dry_run, or tells which would be changed. A dry run, also by null, returns these jobs as they
are, or refuses as the change would, and changes, locks and notifies nothing.
Notifies, unless it is a dry run: jobs:insert, unless the setting graphile_worker.notify says otherwise.
Locks, unless it is a dry run: job rows in id order. Errors: GWBPR, GWBAT, GWBMA, GWSUP, GWBNS.$$;

create or replace function @extschema@.reschedule_jobs(
  job_ids bigint[],
  run_at timestamptz default null,
  priority integer default null,
  attempts integer default null,
  max_attempts integer default null
) returns setof @extschema@._private_jobs
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select j.*
  from @extschema@.reschedule_jobs(
    job_ids => reschedule_jobs.job_ids, run_at => reschedule_jobs.run_at, priority => reschedule_jobs.priority,
    attempts => reschedule_jobs.attempts, max_attempts => reschedule_jobs.max_attempts, dry_run => false
  ) as j;
end;
$$;

comment on function @extschema@.reschedule_jobs(bigint[], timestamptz, integer, integer, integer) is
$$Changes run_at, priority, attempts or max_attempts of jobs that are not running (unlocked, or locked for more than
4 hours) and returns them. A null argument leaves its column unchanged. To run a failed job again: attempts => 0,
run_at => now(). A job that lost its key while it ran is refused (GWSUP), and then none is changed. With a sixth
argument, dry_run, it tells which would be.
Notifies: jobs:insert, so that a job which is due now starts now, unless the setting graphile_worker.notify says
otherwise. Locks: job rows in id order. Errors: GWBPR, GWBAT, GWBMA, GWSUP, GWBNS.$$;
