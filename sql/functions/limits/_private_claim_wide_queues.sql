create or replace function @extschema@._private_claim_wide_queues(
  worker_id text,
  priority smallint,
  task_ids integer[],
  paused_queue_ids integer[],
  plain_starts @extschema@._private_position[],
  forbidden_flags text[],
  now timestamptz,
  max_jobs integer,
  only_queues text[],
  not_queues text[],
  quotas integer[],
  max_limited integer,
  is_thorough boolean
) returns tid[]
language plpgsql volatile
as $$
declare
  -- Enough of them to see whose turn it is, and more where those are free.
  v_limit integer := case when is_thorough then greatest(max_jobs, 20) else 20 end;
  v_heads @extschema@._private_position[];
  v_head_count integer;
  v_tried_queue_ids integer[] := array[]::integer[];
  v_held_queue_ids integer[] := array[]::integer[];
  v_queue_ids integer[];
  v_turns integer;
begin
  loop
    v_heads := array(
      select h
      from @extschema@._private_queue_heads(
        priority => _private_claim_wide_queues.priority,
        task_ids => _private_claim_wide_queues.task_ids,
        paused_queue_ids => _private_claim_wide_queues.paused_queue_ids,
        forbidden_flags => _private_claim_wide_queues.forbidden_flags,
        now => _private_claim_wide_queues.now,
        max_heads => v_limit,
        only_queues => _private_claim_wide_queues.only_queues,
        not_queues => _private_claim_wide_queues.not_queues,
        skips_exhausted => true,
        max_vain_steps => case when not is_thorough then 30 end
      ) as h
    );
    v_head_count := cardinality(v_heads);
    if v_head_count = 0 and cardinality(v_tried_queue_ids) = 0 and forbidden_flags is null then
      return case when not is_thorough then '{}'::tid[] end;
    end if;
    v_heads := array(select h from unnest(v_heads) as h where h.queue_id <> all(v_tried_queue_ids));
    v_turns := max_jobs - cardinality(v_held_queue_ids);
    -- Jobs without a queue compete at this priority: as many queues as have their turn before max_jobs are full.
    if plain_starts is not null then
      v_turns := cardinality(
        @extschema@._private_queues_in_quotas(
          heads => v_heads, task_ids => _private_claim_wide_queues.task_ids,
          quotas => _private_claim_wide_queues.quotas,
          priority => _private_claim_wide_queues.priority, plain_starts => _private_claim_wide_queues.plain_starts,
          forbidden_flags => _private_claim_wide_queues.forbidden_flags, now => _private_claim_wide_queues.now,
          max_jobs => _private_claim_wide_queues.max_jobs
        )
      );
    end if;
    v_queue_ids := @extschema@._private_fair_queues(heads => v_heads, max_queues => v_turns);
    v_held_queue_ids := v_held_queue_ids || array(
      select q.id
      from @extschema@._private_job_queues as q
      where q.id = any(v_queue_ids) and q.is_available
      order by q.id
      for no key update skip locked
    );
    exit when plain_starts is not null or cardinality(v_held_queue_ids) >= max_jobs;
    -- Where others are just claiming those, look further.
    if cardinality(v_queue_ids) = v_turns then
      v_tried_queue_ids := v_tried_queue_ids || v_queue_ids;
      continue;
    end if;
    v_tried_queue_ids := v_tried_queue_ids || array(select h.queue_id from unnest(v_heads) as h);
    exit when v_head_count < v_limit;
    v_limit := 4 * v_limit;
  end loop;
  return @extschema@._private_claim_held_queues(
    worker_id => _private_claim_wide_queues.worker_id,
    queue_ids => v_held_queue_ids,
    priority => _private_claim_wide_queues.priority,
    task_ids => _private_claim_wide_queues.task_ids,
    forbidden_flags => _private_claim_wide_queues.forbidden_flags,
    now => _private_claim_wide_queues.now,
    max_jobs => _private_claim_wide_queues.max_jobs,
    max_per_queue => case when plain_starts is not null then 1 end,
    quotas => _private_claim_wide_queues.quotas,
    max_limited => _private_claim_wide_queues.max_limited
  );
end;
$$;

comment on function @extschema@._private_claim_wide_queues(
  text, smallint, integer[], integer[], @extschema@._private_position[], text[], timestamptz, integer, text[], text[],
  integer[], integer, boolean
) is
$$Internal. _private_claim_queued, while some queues are limited. max_limited: of these at most so many jobs, null for
no bound. One that has room is free, so the most is the same: who has locked its row sees how many of its jobs run, and
claims as many more as there is room for, in turns with the other queues; where jobs without a queue wait, too, one of
each. is_thorough: look at all queues, however many have something due and are full; else at 30 of these, at others each
time, and never return null. Locks: queue rows, then job rows, never waiting.$$;
