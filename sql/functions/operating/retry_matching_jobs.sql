create or replace function @extschema@.retry_matching_jobs(
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
  dry_run boolean default false
) returns table (changed bigint, looked_at bigint, last_id bigint, more boolean, skipped bigint)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  select c.* into changed, looked_at, last_id, more, skipped
  from @extschema@._private_change_matching_jobs(
    action => 'retry', task => task, queue => queue, state => state, error_like => error_like,
    changed_before => changed_before, changed_since => changed_since, job_ids => job_ids, after_id => after_id,
    max_jobs => max_jobs, max_rows => max_rows, dry_run => dry_run,
    run_at => now(), attempts => 0
  ) as c;
  if changed > 0 and not dry_run then
    perform @extschema@._private_notify(job_count => changed::integer);
  end if;
  return next;
end;
$$;

comment on function @extschema@.retry_matching_jobs(
  text, text, text, text, timestamptz, timestamptz, bigint[], bigint, integer, integer, boolean
) is
$$Tries jobs again, those that have failed unless state says otherwise: due now, with all their attempts. last_error
stays until they have run.
task, queue, state (ready, scheduled, waiting: either of them, failed, all), error_like (last_error contains it, in
either case; % and _ are wildcards), changed_before and changed_since (updated_at: when the job was added, failed or
was rescheduled last), job_ids: those that meet all that are given, one of which there must be. Running jobs are never
touched, nor tried again what lost its key while it ran. Without a state it is that of list_default_states.
A call is a chunk, at most max_jobs jobs out of max_rows rows: while more, call again with after_id => last_id, each
time in a transaction of its own. changed: the jobs of this chunk; looked_at: rows at most; last_id: how far it went;
skipped: jobs that somebody held or changed just then, and that another call may find.
dry_run: count them, and change, lock and notify nothing; null is a dry run, too.
Notifies: jobs:insert, unless the setting graphile_worker.notify says otherwise. Locks: job rows in id order, passing
over those in use.
Errors: GWNFI, GWBST, GWBLM, GWUTK, GWUQU, GWBNS.$$;
