create or replace function @extschema@.cancel_matching_jobs(
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
  reason text default null,
  remove boolean default false,
  dry_run boolean default false
) returns table (changed bigint, looked_at bigint, last_id bigint, more boolean, skipped bigint)
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  select c.changed, c.looked_at, c.last_id, c.more, c.skipped
  from @extschema@._private_change_matching_jobs(
    action => 'cancel', task => task, queue => queue, state => state, error_like => error_like,
    changed_before => changed_before, changed_since => changed_since, job_ids => job_ids, after_id => after_id,
    max_jobs => max_jobs, max_rows => max_rows, dry_run => dry_run, error_message => reason, remove => remove
  ) as c
$$;

comment on function @extschema@.cancel_matching_jobs(
  text, text, text, text, timestamptz, timestamptz, bigint[], bigint, integer, integer, text, boolean, boolean
) is
$$Cancels jobs, as cancel_jobs does by id: those that meet the filters, running ones included. state is one more of
locked and unfinished (ready, scheduled or locked), which it is unless one is given.
Filters, chunks, dry_run and what it returns: see retry_matching_jobs; changed counts those that are asked, too.
Notifies: jobs:cancel, not with graphile_worker.notify at off. Locks: job rows in id order, passing over those in use.
Errors: GWNFI, GWBST, GWBLM, GWUTK, GWUQU.$$;
