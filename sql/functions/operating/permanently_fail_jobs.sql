create or replace function @extschema@.permanently_fail_jobs(
  job_ids bigint[],
  error_message text,
  dry_run boolean
) returns setof @extschema@._private_jobs
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
begin
  if coalesce(dry_run, true) then
    return query select j.* from @extschema@._private_idle_jobs(job_ids => permanently_fail_jobs.job_ids) as j;
    return;
  end if;
  return query
  with locked as (
    select j.id
    from @extschema@._private_jobs as j
    where j.id = any(job_ids) and (j.locked_at is null or j.locked_at < now() - @extschema@._private_lock_expiry())
    order by j.id
    for update
  )

  update @extschema@._private_jobs as j
  set
    last_error = coalesce(error_message, 'Manually marked as failed'),
    attempts = j.max_attempts,
    updated_at = now()
  from locked as l
  where j.id = l.id
  returning j.*;
end;
$$;

comment on function @extschema@.permanently_fail_jobs(bigint[], text, boolean) is
$$Declares jobs failed for good, as without dry_run, or tells which would be. A dry run, also by null, returns these
jobs as they are, and changes and locks nothing.
Locks, unless it is a dry run: job rows in id order.$$;

create or replace function @extschema@.permanently_fail_jobs(
  job_ids bigint[],
  error_message text default null
) returns setof @extschema@._private_jobs
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select j.*
  from @extschema@.permanently_fail_jobs(
    job_ids => permanently_fail_jobs.job_ids, error_message => permanently_fail_jobs.error_message, dry_run => false
  ) as j;
end;
$$;

comment on function @extschema@.permanently_fail_jobs(bigint[], text) is
$$Declares jobs failed for good that are not running (unlocked, or locked for more than 4 hours), and returns them. They
get attempts = max_attempts and the message ('Manually marked as failed' when null). With a third argument, dry_run, it
tells which these are.
Locks: job rows in id order.$$;
