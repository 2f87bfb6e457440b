create or replace function @extschema@._private_claim_in_quotas(
  priority smallint,
  starts @extschema@._private_position[],
  task_ids integer[],
  quotas integer[],
  last_run_at timestamptz,
  last_id bigint,
  forbidden_flags text[],
  refused_ids bigint[],
  max_jobs integer
) returns tid[]
language plpgsql volatile
as $$
declare
  v_task_ids integer[] := task_ids;
  v_quotas integer[] := quotas;
  v_passed_ids bigint[] := refused_ids;
  v_ctids tid[] := array[]::tid[];
  v_locked_ctids tid[];
  v_locked_ids bigint[];
  v_short_task_ids integer[];
begin
  loop
    -- See how many of each task come first, then lock as many of each: those that others hold are passed over, and
    -- never is one locked that is not claimed.
    with shares as materialized (
      select m.task_id, m.start_run_at, m.start_id, count(*) as jobs
      from (
        select s.task_id, s.run_at as start_run_at, s.id as start_id
        from unnest(starts) as s
        inner join unnest(v_task_ids, v_quotas) as q (task_id, quota) on q.task_id = s.task_id
        cross join lateral (
          select j.run_at, j.id
          from @extschema@._private_jobs as j
          where
            j.is_available
            and j.job_queue_id is null
            and j.task_id = s.task_id
            and j.priority = _private_claim_in_quotas.priority
            and (j.run_at, j.id) >= (s.run_at, s.id)
            and (j.run_at, j.id) <= (last_run_at, last_id)
            and @extschema@._private_is_allowed(
              flags => j.flags, forbidden_flags => _private_claim_in_quotas.forbidden_flags
            )
            and (v_passed_ids is null or j.id <> all(v_passed_ids))
          order by j.task_id, j.priority, j.run_at, j.id
          limit least(max_jobs - cardinality(v_ctids), q.quota)
        ) as c
        order by c.run_at, c.id
        limit max_jobs - cardinality(v_ctids)
      ) as m
      group by m.task_id, m.start_run_at, m.start_id
    ),

    locked as materialized (
      select s.task_id, s.jobs, l.ctid, l.id
      from shares as s
      left join lateral (
        select j.ctid, j.id
        from @extschema@._private_jobs as j
        where
          j.is_available
          and j.job_queue_id is null
          and j.task_id = s.task_id
          and j.priority = _private_claim_in_quotas.priority
          and (j.run_at, j.id) >= (s.start_run_at, s.start_id)
          and (j.run_at, j.id) <= (last_run_at, last_id)
          and @extschema@._private_is_allowed(
            flags => j.flags, forbidden_flags => _private_claim_in_quotas.forbidden_flags
          )
          and (v_passed_ids is null or j.id <> all(v_passed_ids))
        order by j.task_id, j.priority, j.run_at, j.id
        limit s.jobs
        for update skip locked
      ) as l on true
    )

    select
      array_agg(l.ctid) filter (where l.ctid is not null),
      array_agg(l.id) filter (where l.id is not null),
      (
        select array_agg(f.task_id)
        from (select c.task_id from locked as c group by c.task_id, c.jobs having count(c.ctid) < c.jobs) as f
      )
    into v_locked_ctids, v_locked_ids, v_short_task_ids
    from locked as l;
    v_ctids := v_ctids || v_locked_ctids;
    exit when cardinality(v_ctids) = max_jobs or v_short_task_ids is null;

    -- All that others do not hold of these tasks is claimed; the rest may have more.
    v_passed_ids := v_passed_ids || v_locked_ids;
    select array_agg(q.task_id), array_agg(q.quota)
    into v_task_ids, v_quotas
    from unnest(v_task_ids, v_quotas) as q (task_id, quota)
    where q.task_id <> all(v_short_task_ids);
    exit when v_task_ids is null;
    select l.open_task_ids, l.open_quotas
    into v_task_ids, v_quotas
    from @extschema@._private_quotas_left(task_ids => v_task_ids, quotas => v_quotas, ctids => v_locked_ctids) as l;
    exit when v_task_ids is null;
  end loop;
  return v_ctids;
end;
$$;

comment on function @extschema@._private_claim_in_quotas(
  smallint, @extschema@._private_position[], integer[], integer[], timestamptz, bigint, text[], bigint[], integer
) is
$$Internal. What _private_claim_plain does, where no more than so many of each task are to be claimed: quotas, those of
task_ids, null for no bound. Other tasks than these are left alone. Each task's jobs are locked in claim order.
Locks: those job rows, never waiting.$$;
