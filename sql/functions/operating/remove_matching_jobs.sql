create or replace function @extschema@.remove_matching_jobs(
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
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  select c.changed, c.looked_at, c.last_id, c.more, c.skipped
  from @extschema@._private_change_matching_jobs(
    action => 'remove', task => task, queue => queue, state => state, error_like => error_like,
    changed_before => changed_before, changed_since => changed_since, job_ids => job_ids, after_id => after_id,
    max_jobs => max_jobs, max_rows => max_rows, dry_run => dry_run
  ) as c
$$;

comment on function @extschema@.remove_matching_jobs(
  text, text, text, text, timestamptz, timestamptz, bigint[], bigint, integer, integer, boolean
) is
$$Removes the jobs that meet the filters, in any state unless one is given.
Filters, chunks, dry_run and what it returns: see retry_matching_jobs.
Locks: job rows in id order, passing over those in use. Errors: GWNFI, GWBST, GWBLM, GWUTK, GWUQU.$$;
