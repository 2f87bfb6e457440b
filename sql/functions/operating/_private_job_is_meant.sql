create or replace function @extschema@._private_job_is_meant(
  job @extschema@._private_jobs,
  state text,
  task_id integer,
  queue_id integer,
  error_pattern text,
  changed_before timestamptz,
  changed_since timestamptz,
  to_run boolean,
  running boolean
) returns boolean
language sql stable
as $$
  select
    (running or (job).locked_at is null)
    and @extschema@._private_job_matches(
      job => job, state => state, task_id => task_id, queue_id => queue_id, pattern => null, task_ids => null,
      queue_ids => null
    )
    and not (to_run and @extschema@._private_is_superseded(flags => (job).flags))
    and (error_pattern is null or (job).last_error ilike error_pattern)
    and (changed_before is null or (job).updated_at < changed_before)
    and (changed_since is null or (job).updated_at >= changed_since)
$$;

comment on function @extschema@._private_job_is_meant(
  @extschema@._private_jobs, text, integer, integer, text, timestamptz, timestamptz, boolean, boolean
) is
$$Internal. Whether a bulk change is about this job: it does not run, unless running, and meets every filter that is not
null; to_run: nor did it lose its key while it ran (_private_supersede_job). Without subqueries, so that it becomes a
part of the query that calls it.$$;
