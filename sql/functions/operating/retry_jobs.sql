create or replace function @extschema@.retry_jobs(job_ids bigint[], dry_run boolean)
returns setof @extschema@._private_jobs
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select j.*
  from @extschema@.reschedule_jobs(
    job_ids => retry_jobs.job_ids, run_at => now(), priority => null, attempts => 0, max_attempts => null,
    dry_run => retry_jobs.dry_run
  ) as j;
end;
$$;

comment on function @extschema@.retry_jobs(bigint[], boolean) is
$$Tries jobs again, as without dry_run, or tells which would be. A dry run, also by null, returns these jobs as they
are, or refuses as the change would, and changes, locks and notifies nothing.
Notifies, unless it is a dry run: jobs:insert, unless the setting graphile_worker.notify says otherwise.
Locks, unless it is a dry run: job rows in id order. Errors: GWSUP, GWBNS.$$;

create or replace function @extschema@.retry_jobs(job_ids bigint[]) returns setof @extschema@._private_jobs
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query select j.* from @extschema@.retry_jobs(job_ids => retry_jobs.job_ids, dry_run => false) as j;
end;
$$;

comment on function @extschema@.retry_jobs(bigint[]) is
$$Tries jobs again that are not running (unlocked, or locked for more than 4 hours), and returns them: due now, with all
their attempts. last_error stays until they have run. A job that lost its key while it ran is refused (GWSUP), and then
none is retried: run again, it would undo what took its place. With a second argument, dry_run, it tells which would be.
Notifies: jobs:insert, unless the setting graphile_worker.notify says otherwise. Locks: job rows in id order.
Errors: GWSUP, GWBNS.$$;
