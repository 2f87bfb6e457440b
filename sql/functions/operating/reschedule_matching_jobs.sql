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
  max_attempts integer default null
) returns table (changed bigint, looked_at bigint, last_id bigint, more boolean, skipped bigint)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_ids bigint[];
begin
  -- The bounds of a job that is added, and one more.
  perform @extschema@._private_check_job(
    identifier => 'any', queue_name => null, max_attempts => max_attempts, job_key => null, priority => priority,
    flags => null
  );
  if attempts not between 0 and 32767 then
    raise exception using
      errcode = 'GWBAT',
      message = format('bad attempts %s', attempts),
      hint = 'attempts is 0 to 32767; null leaves it unchanged.';
  end if;
  select m.ids, m.looked_at, m.last_id, m.more, m.skipped
  into
    v_ids, reschedule_matching_jobs.looked_at, reschedule_matching_jobs.last_id,
    reschedule_matching_jobs.more, reschedule_matching_jobs.skipped
  from @extschema@._private_matching_jobs(
    task => task, queue => queue, state => state, error_like => error_like, changed_before => changed_before,
    changed_since => changed_since, job_ids => job_ids, after_id => after_id, max_jobs => max_jobs,
    max_rows => max_rows, lock => true, to_run => true
  ) as m;
  update @extschema@._private_jobs as j
  set
    run_at = coalesce(reschedule_matching_jobs.run_at, j.run_at),
    priority = coalesce(reschedule_matching_jobs.priority, j.priority),
    attempts = coalesce(reschedule_matching_jobs.attempts, j.attempts),
    max_attempts = coalesce(reschedule_matching_jobs.max_attempts, j.max_attempts),
    updated_at = now()
  where j.id = any(v_ids);
  get diagnostics changed = row_count;
  if changed > 0 then
    perform @extschema@._private_notify(job_count => changed::integer);
  end if;
  return next;
end;
$$;

comment on function @extschema@.reschedule_matching_jobs(
  text, text, text, text, timestamptz, timestamptz, bigint[], bigint, integer, integer, timestamptz, integer, integer,
  integer
) is
$$Changes run_at, priority, attempts or max_attempts of jobs; null leaves a value as it is.
task, queue, state (ready, scheduled, waiting: either of them, failed, all), error_like (last_error contains it, in
either case; % and _ are wildcards), changed_before and changed_since (updated_at: when the job was added, failed or
was rescheduled last), job_ids: those that meet all that are given. Running jobs are never touched,
nor what lost its key while it ran.
A call is a chunk, at most max_jobs jobs out of max_rows rows: while more, call again with after_id => last_id, each
time in a transaction of its own. changed: the jobs of this chunk; looked_at: rows at most; last_id: how far it went;
skipped: jobs that somebody held or changed just then, and that another call may find.
Notifies: jobs:insert, unless the setting graphile_worker.notify says otherwise. Locks: job rows in id order, passing
over those in use.
Errors: GWNFI, GWBST, GWBLM, GWUTK, GWUQU, GWBPR, GWBAT, GWBMA, GWBNS.$$;
