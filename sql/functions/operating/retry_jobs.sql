create or replace function @extschema@.retry_jobs(job_ids bigint[]) returns setof @extschema@._private_jobs
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query select j.* from @extschema@.reschedule_jobs(job_ids => job_ids, run_at => now(), attempts => 0) as j;
end;
$$;

comment on function @extschema@.retry_jobs(bigint[]) is
$$Tries jobs again that are not running (unlocked, or locked for more than 4 hours), and returns them: due now, with all
their attempts. last_error stays until they have run. A job that lost its key while it ran is refused (GWSUP), and then
none is retried: run again, it would undo what took its place.
Notifies: jobs:insert, unless the setting graphile_worker.notify says otherwise. Locks: job rows in id order.
Errors: GWSUP, GWBNS.$$;
