create or replace function @extschema@._private_claim_plain(
  priority smallint,
  starts @extschema@._private_position[],
  last_run_at timestamptz,
  last_id bigint,
  forbidden_flags text[],
  refused_ids bigint[],
  max_jobs integer
) returns tid[]
language plpgsql volatile
as $$
declare
  v_limit integer := max_jobs;
  v_candidates tid[];
  v_ctids tid[];
begin
  -- One task, the common case: the index gives claim order, rows others hold are passed over as they come.
  if cardinality(starts) = 1 then
    return array(
      select j.ctid
      from @extschema@._private_jobs as j
      where
        j.is_available
        and j.job_queue_id is null
        and j.task_id = (starts[1]).task_id
        and j.priority = _private_claim_plain.priority
        and (j.run_at, j.id) >= ((starts[1]).run_at, (starts[1]).id)
        and (j.run_at, j.id) <= (last_run_at, last_id)
        and @extschema@._private_is_allowed(flags => j.flags, forbidden_flags => _private_claim_plain.forbidden_flags)
        and (refused_ids is null or j.id <> all(refused_ids))
      order by j.task_id, j.priority, j.run_at, j.id
      limit max_jobs
      for update skip locked
    );
  end if;

  -- Several: merge what each has first, then lock only what is taken. Where others hold the first rows, look further.
  loop
    v_candidates := array(
      select c.ctid
      from unnest(starts) as s
      cross join lateral (
        select j.ctid, j.run_at, j.id
        from @extschema@._private_jobs as j
        where
          j.is_available
          and j.job_queue_id is null
          and j.task_id = s.task_id
          and j.priority = _private_claim_plain.priority
          and (j.run_at, j.id) >= (s.run_at, s.id)
          and (j.run_at, j.id) <= (last_run_at, last_id)
          and @extschema@._private_is_allowed(flags => j.flags, forbidden_flags => _private_claim_plain.forbidden_flags)
          and (refused_ids is null or j.id <> all(refused_ids))
        order by j.task_id, j.priority, j.run_at, j.id
        limit v_limit
      ) as c
      order by c.run_at, c.id
      limit v_limit
    );
    v_ctids := array(
      select j.ctid
      from @extschema@._private_jobs as j
      -- All of it again: before it was locked a keyed add may have changed the row, and not every minor release of
      -- PostgreSQL holds the row's new version against the position. By coalesce, so that no partial index can be used.
      where
        j.ctid = any(v_candidates)
        and coalesce(j.is_available, false)
        and j.job_queue_id is null
        and j.task_id = any(array(select s.task_id from unnest(starts) as s))
        and j.priority = _private_claim_plain.priority
        and (j.run_at, j.id) <= (last_run_at, last_id)
        and @extschema@._private_is_allowed(flags => j.flags, forbidden_flags => _private_claim_plain.forbidden_flags)
      order by j.run_at, j.id
      limit max_jobs
      for update skip locked
    );
    exit when cardinality(v_ctids) = max_jobs or cardinality(v_candidates) < v_limit;
    v_limit := 4 * v_limit;
  end loop;
  return v_ctids;
end;
$$;

comment on function @extschema@._private_claim_plain(
  smallint, @extschema@._private_position[], timestamptz, bigint, text[], bigint[], integer
) is
$$Internal. The positions of up to max_jobs jobs without a queue at one priority, in claim order, locked for the rest of
the transaction. starts: per task, where to begin. last_run_at, last_id: where to end. refused_ids: leave
these out, null for none. Locks: those job rows, never
waiting.$$;
