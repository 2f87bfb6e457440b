create or replace function @extschema@._private_claim_held_queues(
  worker_id text,
  queue_ids integer[],
  priority smallint,
  task_ids integer[],
  forbidden_flags text[],
  now timestamptz,
  max_jobs integer,
  max_per_queue integer,
  quotas integer[],
  max_limited integer
) returns tid[]
language plpgsql volatile
as $$
declare
  v_queue_ids integer[] := queue_ids;
  v_rooms record;
  v_ctids tid[];
  v_claimed_queue_ids integer[];
begin
  -- An operator who changes limits may keep what is used of a rate to himself until he commits.
  if exists (select from @extschema@._private_limits as l where l.kind <> 'task' and l.rate is not null) then
    v_queue_ids := array(
      select q.id
      from unnest(_private_claim_held_queues.queue_ids) as q (id)
      where q.id <> all(@extschema@._private_held_rates(queue_ids => _private_claim_held_queues.queue_ids))
    );
  end if;
  select
    array_agg(r.queue_id) as queue_ids, array_agg(least(r.room, max_per_queue)) as rooms,
    array_agg(r.running) as running,
    array_agg(r.tokens) as tokens, array_agg(r.burst) as bursts, array_agg(r.weight_by) as weights_by,
    array_agg(r.share) as shares, array_agg(r.is_limited) as are_limited
  into v_rooms
  from @extschema@._private_queue_rooms(
    queue_ids => v_queue_ids, clock => clock_timestamp()
  ) as r
  where r.room > 0 and not (r.is_limited and coalesce(max_limited <= 0, false));
  -- The first of each queue, the one after that of each, and so on; no more of a task than its quota.
  v_ctids := array(
    select n.ctid
    from (
      select
        f.ctid, f.turn, f.run_at, f.id, q.quota, f.is_limited,
        row_number() over (partition by f.is_limited order by f.turn, f.run_at, f.id) as limited_number,
        row_number() over (partition by f.task_id order by f.turn, f.run_at, f.id) as task_number
      from (
        select
          h.ctid, h.task_id, h.run_at, h.id,
          (coalesce(c.running, 0) + row_number() over (partition by c.queue_id order by h.run_at, h.id))
          / coalesce(c.share, 1) as turn,
          sum(@extschema@._private_weight(payload => h.payload, weight_by => c.weight_by, burst => c.burst))
            over (partition by c.queue_id order by h.run_at, h.id) as used,
          c.tokens, c.is_limited
        from unnest(
          v_rooms.queue_ids, v_rooms.rooms, v_rooms.running, v_rooms.tokens, v_rooms.bursts, v_rooms.weights_by,
          v_rooms.shares, v_rooms.are_limited
        ) as c (queue_id, room, running, tokens, burst, weight_by, share, is_limited)
        cross join lateral (
          select e.*
          from unnest(task_ids) as t (id)
          cross join lateral (
            select j.ctid, j.task_id, j.run_at, j.id, j.payload
            from @extschema@._private_jobs as j
            where
              j.is_available
              and j.job_queue_id is not null
              and j.task_id = t.id
              and j.priority = _private_claim_held_queues.priority
              -- As a range, so that only the index by queue gives the order below.
              and j.job_queue_id >= c.queue_id
              and j.job_queue_id <= c.queue_id
              and j.run_at <= _private_claim_held_queues.now
              and @extschema@._private_is_allowed(
                flags => j.flags, forbidden_flags => _private_claim_held_queues.forbidden_flags
              )
            order by j.task_id, j.priority, j.job_queue_id, j.run_at, j.id
            limit least(c.room, max_jobs)
          ) as e
          order by e.run_at, e.id
          limit least(c.room, max_jobs)
        ) as h
      ) as f
      left join unnest(_private_claim_held_queues.task_ids, quotas) as q (task_id, quota) on q.task_id = f.task_id
      where coalesce(f.used <= f.tokens + 1e-9, true)
    ) as n
    where
      coalesce(n.task_number <= n.quota, true)
      and (not n.is_limited or coalesce(n.limited_number <= max_limited, true))
    order by n.turn, n.run_at, n.id
    limit max_jobs
  );
  -- All of it again: before it is locked, an operator or a keyed add may change the job, move it to another queue, or
  -- make it one of another task.
  -- By coalesce, so that no partial index can be used where the position is known.
  select coalesce(array_agg(l.ctid), '{}'), array_agg(distinct l.job_queue_id)
  into v_ctids, v_claimed_queue_ids
  from (
    select
      m.ctid, m.job_queue_id, q.quota,
      row_number() over (partition by m.job_queue_id order by m.run_at, m.id) as number,
      row_number() over (partition by m.task_id order by m.run_at, m.id) as task_number
    from (
      select j.ctid, j.task_id, j.job_queue_id, j.run_at, j.id
      from @extschema@._private_jobs as j
      where
        j.ctid = any(v_ctids)
        and coalesce(j.is_available, false)
        and j.job_queue_id = any(v_rooms.queue_ids)
        and j.task_id = any(_private_claim_held_queues.task_ids)
        and j.priority = _private_claim_held_queues.priority
        and j.run_at <= _private_claim_held_queues.now
        and @extschema@._private_is_allowed(
          flags => j.flags, forbidden_flags => _private_claim_held_queues.forbidden_flags
        )
      for update skip locked
    ) as m
    left join unnest(_private_claim_held_queues.task_ids, quotas) as q (task_id, quota) on q.task_id = m.task_id
  ) as l
  where
    l.number <= v_rooms.rooms[array_position(v_rooms.queue_ids, l.job_queue_id)]
    and coalesce(l.task_number <= l.quota, true);

  -- All of them, until the end of this claim, so that no other round of it comes by: _private_settle_held_queues frees
  -- those that are not full.
  update @extschema@._private_job_queues as q
  set locked_by = _private_claim_held_queues.worker_id, locked_at = now()
  where q.id = any(v_claimed_queue_ids);
  return v_ctids;
end;
$$;

comment on function @extschema@._private_claim_held_queues(
  text, integer[], smallint, integer[], text[], timestamptz, integer, integer, integer[], integer
) is
$$Internal. Claims for a worker from queues whose rows the caller has locked, some of which are limited: of each as many
jobs at one priority as there is room for, max_jobs in all, max_per_queue of each, of each of task_ids no more than its
quota, and max_limited of limited queues together; null for no bound. Those of queues that have the fewest running by
their share come first. Returns the positions of the jobs, locked for the rest of the transaction; their queues are
locked for the worker until _private_settle_held_queues, once the jobs are. A queue whose bucket somebody else has
locked is left out. Locks: buckets, then job rows, never waiting.$$;
