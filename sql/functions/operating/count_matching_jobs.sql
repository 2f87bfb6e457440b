create or replace function @extschema@.count_matching_jobs(
  task text default null,
  queue text default null,
  state text default null,
  error_like text default null,
  changed_before timestamptz default null,
  changed_since timestamptz default null,
  job_ids bigint[] default null,
  after_id bigint default 0,
  max_jobs integer default 1000,
  max_rows integer default 50000
) returns table (changed bigint, looked_at bigint, last_id bigint, more boolean, skipped bigint)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_ids bigint[];
begin
  select m.ids, m.looked_at, m.last_id, m.more, m.skipped
  into
    v_ids, count_matching_jobs.looked_at, count_matching_jobs.last_id,
    count_matching_jobs.more, count_matching_jobs.skipped
  from @extschema@._private_matching_jobs(
    task => task, queue => queue, state => state, error_like => error_like, changed_before => changed_before,
    changed_since => changed_since, job_ids => job_ids, after_id => after_id, max_jobs => max_jobs,
    max_rows => max_rows, lock => false, to_run => false
  ) as m;
  changed := cardinality(v_ids);
  return next;
end;
$$;

comment on function @extschema@.count_matching_jobs(
  text, text, text, text, timestamptz, timestamptz, bigint[], bigint, integer, integer
) is
$$Counts the jobs that one of the bulk functions (retry_, fail_, remove_, reschedule_matching_jobs) would change with
the same filters, and changes nothing.
task, queue, state (ready, scheduled, waiting: either of them, failed, all), error_like (last_error contains it, in
either case; % and _ are wildcards), changed_before and changed_since (updated_at: when the job was added, failed or
was rescheduled last), job_ids: those that meet all that are given. Running jobs are never touched.
A call is a chunk, at most max_jobs jobs out of max_rows rows: while more, call again with after_id => last_id, each
time in a transaction of its own. changed: the jobs of this chunk; looked_at: rows at most; last_id: how far it went;
skipped: 0.
Errors: GWNFI, GWBST, GWBLM, GWUTK, GWUQU.$$;
