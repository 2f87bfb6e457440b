create or replace function @extschema@._private_matching_jobs(
  action text,
  task text,
  queue text,
  state text,
  error_like text,
  changed_before timestamptz,
  changed_since timestamptz,
  job_ids bigint[],
  after_id bigint,
  max_jobs integer,
  max_rows integer,
  dry_run boolean,
  out ids bigint[],
  out looked_at bigint,
  out last_id bigint,
  out more boolean,
  out skipped bigint
)
language plpgsql volatile
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  v_task_id integer;
  v_queue_id integer;
  v_state constant text := coalesce(
    _private_matching_jobs.state,
    (select d.state from @extschema@.list_default_states() as d where d.action = _private_matching_jobs.action)
  );
  v_to_run constant boolean := action in ('retry', 'reschedule');
  v_running constant boolean := action = 'cancel';
  v_pattern constant text := '%' || error_like || '%';
  v_above constant bigint := coalesce(after_id, 0);
  v_window_ids bigint[];
  v_low bigint;
  v_high bigint;
  v_complete boolean;
  v_found integer;
begin
  if num_nonnulls(task, queue, state, error_like, changed_before, changed_since, job_ids) = 0 then
    raise exception using
      errcode = 'GWNFI',
      message = 'no filter is given',
      hint = 'Say which jobs: task, queue, state, error_like, changed_before, changed_since or job_ids; '
        || 'state => ''all'' for every job that is not running.';
  end if;
  if v_state = 'locked' and not v_running then
    raise exception using
      errcode = 'GWBST',
      message = 'bad state ''locked''',
      hint = 'Running jobs are not touched. What dead workers hold is freed by sweep_stale_workers '
        || 'or force_unlock_workers.';
  end if;
  perform @extschema@._private_check_state(
    state => v_state,
    states => '{all,ready,scheduled,waiting,failed}'::text[]
      || case when v_running then '{locked,unfinished}' else '{}' end::text[]
  );
  -- No jobs at a time would never come to an end.
  perform @extschema@._private_check_page(row_limit => nullif(max_jobs, 0), row_offset => 0, max_rows => max_rows);
  select f.task_id, f.queue_id into v_task_id, v_queue_id
  from @extschema@._private_job_filter(task => task, queue => queue) as f;

  if job_ids is null then
    select w.ids, w.low_id, w.high_id, w.looked_at, w.complete
    into v_window_ids, v_low, v_high, looked_at, v_complete
    from @extschema@._private_job_window(
      state => v_state, task_id => v_task_id, above_id => v_above, below_id => 9223372036854775807,
      descending => false, max_rows => max_rows
    ) as w;
  else
    select coalesce(array_agg(w.id order by w.id), '{}'), max(w.id), count(*), count(*) < max_rows
    into v_window_ids, v_high, looked_at, v_complete
    from (
      select distinct i.id from unnest(job_ids) as i (id) where i.id > v_above order by i.id limit max_rows
    ) as w;
  end if;
  if v_window_ids is not null then
    ids := array(
      select j.id
      from unnest(v_window_ids) with ordinality as i (id, ordinal)
      inner join @extschema@._private_jobs as j on i.id = j.id
      where
        @extschema@._private_job_is_meant(
          job => j, state => v_state, task_id => v_task_id, queue_id => v_queue_id, error_pattern => v_pattern,
          changed_before => changed_before, changed_since => changed_since, to_run => v_to_run, running => v_running
        )
      order by i.ordinal
      limit max_jobs
    );
  else
    ids := array(
      select j.id
      from @extschema@._private_jobs as j
      where
        j.id between v_low and v_high
        and @extschema@._private_job_is_meant(
          job => j, state => v_state, task_id => v_task_id, queue_id => v_queue_id, error_pattern => v_pattern,
          changed_before => changed_before, changed_since => changed_since, to_run => v_to_run, running => v_running
        )
      order by j.id
      limit max_jobs
    );
  end if;
  more := not v_complete or cardinality(ids) = max_jobs;
  last_id := case when cardinality(ids) = max_jobs then ids[max_jobs] else coalesce(v_high, v_above) end;
  skipped := 0;
  if not dry_run then
    v_found := cardinality(ids);
    -- Passing over what a worker is just claiming. It may have changed since it was found, so all of it again.
    ids := array(
      select j.id
      from @extschema@._private_jobs as j
      where
        j.id = any(ids)
        and @extschema@._private_job_is_meant(
          job => j, state => v_state, task_id => v_task_id, queue_id => v_queue_id, error_pattern => v_pattern,
          changed_before => changed_before, changed_since => changed_since, to_run => v_to_run, running => v_running
        )
      order by j.id
      for update skip locked
    );
    skipped := v_found - cardinality(ids);
  end if;
end;
$$;

comment on function @extschema@._private_matching_jobs(
  text, text, text, text, text, timestamptz, timestamptz, bigint[], bigint, integer, integer, boolean
) is
$$Internal. Up to max_jobs jobs after after_id that meet every filter and are not running (unless the action is cancel),
in id order, out of max_rows rows; locked for update unless dry_run. Null filters match all, but one has to be given
(GWNFI); a state that is null is that of the action (list_default_states). last_id: how far it went; more: there may be
others beyond; skipped: jobs found that somebody held, or that had changed by then.
Locks: job rows in id order, passing over those in use.$$;
