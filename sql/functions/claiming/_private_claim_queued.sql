create or replace function @extschema@._private_claim_queued(
  worker_id text,
  priority smallint,
  task_ids integer[],
  paused_queue_ids integer[],
  plain_starts @extschema@._private_position[],
  forbidden_flags text[],
  now timestamptz,
  max_jobs integer,
  only_queues text[] default null,
  not_queues text[] default null,
  quotas integer[] default null,
  max_wide integer default null,
  is_thorough boolean default true
) returns tid[]
language plpgsql volatile
as $$
declare
  v_limit integer := max_jobs;
  v_head_count integer;
  v_tried_queue_ids integer[] := array[]::integer[];
  v_held_queue_ids integer[] := array[]::integer[];
  v_heads @extschema@._private_position[];
  v_queue_ids integer[];
  v_ctids tid[];
  v_claimed_queue_ids integer[];
  v_new_queue_ids integer[];
  v_quotas integer[] := quotas;
begin
  if max_wide is not null then
    return @extschema@._private_claim_wide_queues(
      worker_id => _private_claim_queued.worker_id, priority => _private_claim_queued.priority,
      task_ids => _private_claim_queued.task_ids, paused_queue_ids => _private_claim_queued.paused_queue_ids,
      plain_starts => _private_claim_queued.plain_starts, forbidden_flags => _private_claim_queued.forbidden_flags,
      now => _private_claim_queued.now, max_jobs => _private_claim_queued.max_jobs,
      only_queues => _private_claim_queued.only_queues, not_queues => _private_claim_queued.not_queues,
      quotas => _private_claim_queued.quotas, max_limited => max_wide,
      is_thorough => _private_claim_queued.is_thorough
    );
  end if;
  -- Where others are just claiming the first queues, look further, or every worker but one would go away empty.
  loop
    select array_agg(h), array_agg(h.queue_id), count(*)::integer
    into v_heads, v_queue_ids, v_head_count
    from @extschema@._private_queue_heads(
      priority => _private_claim_queued.priority,
      task_ids => _private_claim_queued.task_ids,
      paused_queue_ids => case
        when quotas is null then _private_claim_queued.paused_queue_ids
        else _private_claim_queued.paused_queue_ids || v_tried_queue_ids
      end,
      forbidden_flags => _private_claim_queued.forbidden_flags,
      now => _private_claim_queued.now,
      max_heads => v_limit,
      only_queues => _private_claim_queued.only_queues,
      not_queues => _private_claim_queued.not_queues,
      quotas => v_quotas
    ) as h;
    if v_queue_ids is null and cardinality(v_tried_queue_ids) = 0 and forbidden_flags is null then
      return null;
    end if;
    exit when v_queue_ids is null;

    -- Jobs without a queue compete at this priority: keep only the queues whose turn comes before max_jobs are full.
    if plain_starts is not null and quotas is not null then
      v_queue_ids := @extschema@._private_queues_in_quotas(
        heads => v_heads, task_ids => _private_claim_queued.task_ids, quotas => v_quotas,
        priority => _private_claim_queued.priority, plain_starts => _private_claim_queued.plain_starts,
        forbidden_flags => _private_claim_queued.forbidden_flags, now => _private_claim_queued.now,
        max_jobs => _private_claim_queued.max_jobs
      );
    elsif plain_starts is not null then
      v_queue_ids := array(
        select m.queue_id
        from (
          select h.queue_id, h.run_at, h.id
          from unnest(v_heads) as h
          union all
          select null, p.run_at, p.id
          from unnest(plain_starts) as s
          cross join lateral (
            select j.run_at, j.id
            from @extschema@._private_jobs as j
            where
              j.is_available
              and j.job_queue_id is null
              and j.task_id = s.task_id
              and j.priority = _private_claim_queued.priority
              and (j.run_at, j.id) >= (s.run_at, s.id)
              and j.run_at <= _private_claim_queued.now
              and @extschema@._private_is_allowed(
                flags => j.flags, forbidden_flags => _private_claim_queued.forbidden_flags
              )
            order by j.task_id, j.priority, j.run_at, j.id
            limit max_jobs
          ) as p
          order by run_at, id
          limit max_jobs
        ) as m
        where m.queue_id is not null
      );
    end if;

    -- Whoever holds the queue's row decides alone which of its jobs runs; others pass on at once. In id order, and no
    -- more of them than are claimed.
    v_new_queue_ids := array(
      select q.id
      from @extschema@._private_job_queues as q
      where q.id = any(v_queue_ids) and q.id <> all(v_tried_queue_ids) and q.is_available
      order by q.id
      limit max_jobs - cardinality(v_held_queue_ids)
      for no key update skip locked
    );
    v_held_queue_ids := v_held_queue_ids || v_new_queue_ids;
    v_tried_queue_ids := v_tried_queue_ids || v_queue_ids;
    exit when plain_starts is not null or cardinality(v_held_queue_ids) = max_jobs;
    -- Within quotas, the first of each task that others hold: then the next ones. Who got all of them asks again, with
    -- what is left of its quotas.
    exit when case
      when quotas is null then v_head_count < v_limit
      else cardinality(v_new_queue_ids) = cardinality(v_queue_ids)
    end;
    if quotas is not null then
      v_quotas := array(
        select
          q.quota - (
            select count(*)::integer from unnest(v_heads) as h
            where h.task_id = q.task_id and h.queue_id = any(v_new_queue_ids)
          )
        from unnest(_private_claim_queued.task_ids, v_quotas) with ordinality as q (task_id, quota, ordinal)
        order by q.ordinal
      );
    end if;
    v_limit := 4 * v_limit;
  end loop;
  v_queue_ids := v_held_queue_ids;
  -- The job is looked for again: before the row was held, another worker may have run the first one.
  v_ctids := array(
    select h.job_ctid
    from unnest(v_queue_ids) as c (id)
    cross join lateral @extschema@._private_queue_head(
      queue_id => c.id,
      priority => _private_claim_queued.priority,
      task_ids => _private_claim_queued.task_ids,
      forbidden_flags => _private_claim_queued.forbidden_flags,
      now => _private_claim_queued.now
    ) as h
  );
  -- All of it again: before it is locked, an operator or a keyed add may change the job, or move it to another queue.
  -- By coalesce, so that no partial index can be used where the position is known.
  select array_agg(l.ctid), array_agg(l.job_queue_id)
  into v_ctids, v_claimed_queue_ids
  from (
    select distinct on (m.job_queue_id) m.ctid, m.job_queue_id
    from (
      select j.ctid, j.job_queue_id
      from @extschema@._private_jobs as j
      where
        j.ctid = any(v_ctids)
        and coalesce(j.is_available, false)
        and j.job_queue_id = any(v_queue_ids)
        and j.task_id = any(_private_claim_queued.task_ids)
        and j.priority = _private_claim_queued.priority
        and j.run_at <= _private_claim_queued.now
        and @extschema@._private_is_allowed(flags => j.flags, forbidden_flags => _private_claim_queued.forbidden_flags)
      for update skip locked
    ) as m
    order by m.job_queue_id
  ) as l;
  -- Others may have run what was seen first, so that there is another task's in its place.
  if quotas is not null then
    select array_agg(n.ctid), array_agg(n.job_queue_id)
    into v_ctids, v_claimed_queue_ids
    from (
      select
        c.ctid, c.job_queue_id, quotas[array_position(_private_claim_queued.task_ids, c.task_id)] as quota,
        row_number() over (partition by c.task_id order by c.run_at, c.id) as number
      from @extschema@._private_jobs as c
      where c.ctid = any(v_ctids)
    ) as n
    where n.quota is null or n.number <= n.quota;
  end if;

  update @extschema@._private_job_queues as q
  set locked_by = _private_claim_queued.worker_id, locked_at = now()
  where q.id = any(v_claimed_queue_ids);
  return coalesce(v_ctids, '{}'::tid[]);
end;
$$;

comment on function @extschema@._private_claim_queued(
  text, smallint, integer[], integer[], @extschema@._private_position[], text[], timestamptz, integer, text[], text[],
  integer[], integer, boolean
) is
$$Internal. Locks up to max_jobs free queues at one priority for a worker and returns the positions of the one job each
that it may run, locked for the rest of the transaction. plain_starts: where jobs without a queue that are due begin,
per task; leave out queues whose turn comes after max_jobs of those. paused_queue_ids: leave these out; only_queues,
not_queues: see _private_takes_queue. quotas: no more of each of task_ids than this, null for no bound: ask again, with
what is left of them, until nothing comes. max_wide: not null while some queues are limited, of which no more than so
many jobs are claimed; is_thorough: see _private_claim_wide_queues. Null says more than an empty array: as far as
committed, no queue that is free has a job that is due. Locks: queue rows, then one job row each, never waiting; a queue
whose only job somebody else has locked just then stays locked by the transaction, though not claimed.$$;
