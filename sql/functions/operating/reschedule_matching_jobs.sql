create or replace function @extschema@.reschedule_matching_jobs(
  task text default null,
  queue text default null,
  state text default null,
  error_like text default null,
  changed_before timestamptz default null,
  changed_since timestamptz default null,
  job_ids bigint[] default null,
  after_id bigint default 0,
  max_jobs integer default 1000,
  max_rows integer default 50000,
  run_at timestamptz default null,
  priority integer default null,
  attempts integer default null,
  max_attempts integer default null,
  dry_run boolean default false
) returns table (changed bigint, looked_at bigint, last_id bigint, more boolean, skipped bigint)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@._private_check_changes(priority => priority, attempts => attempts, max_attempts => max_attempts);
  select c.* into changed, looked_at, last_id, more, skipped
  from @extschema@._private_change_matching_jobs(
    action => 'reschedule', task => task, queue => queue, state => state, error_like => error_like,
    changed_before => changed_before, changed_since => changed_since, job_ids => job_ids, after_id => after_id,
    max_jobs => max_jobs, max_rows => max_rows, dry_run => dry_run,
    run_at => run_at, priority => priority, attempts => attempts, max_attempts => max_attempts
  ) as c;
  if changed > 0 and not dry_run then
    perform @extschema@._private_notify(job_count => changed::integer);
  end if;
  return next;
end;
$$;

comment on function @extschema@.reschedule_matching_jobs(
  text, text, text, text, timestamptz, timestamptz, bigint[], bigint, integer, integer, timestamptz, integer, integer,
  integer, boolean
) is
$$Changes run_at, priority, attempts or max_attempts of the jobs that meet the filters, in any state unless one is
given; null leaves a value as it is.
Filters, chunks, dry_run and what it returns: see retry_matching_jobs.
Notifies: jobs:insert, unless the setting graphile_worker.notify says otherwise. Locks: job rows in id order, passing
over those in use.
Errors: GWNFI, GWBST, GWBLM, GWUTK, GWUQU, GWBPR, GWBAT, GWBMA, GWBNS.$$;
