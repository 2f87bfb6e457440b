create or replace function @extschema@._private_queues_again_at(
  priority smallint,
  task_ids integer[],
  paused_queue_ids integer[],
  forbidden_flags text[],
  now timestamptz,
  only_queues text[],
  not_queues text[],
  is_thorough boolean
) returns timestamptz
language plpgsql volatile
as $$
declare
  v_max_heads constant integer := 20;
  v_clock constant timestamptz := clock_timestamp();
  v_heads @extschema@._private_position[];
begin
  v_heads := array(
    select h
    from @extschema@._private_queue_heads(
      priority => _private_queues_again_at.priority,
      task_ids => _private_queues_again_at.task_ids,
      paused_queue_ids => _private_queues_again_at.paused_queue_ids,
      forbidden_flags => _private_queues_again_at.forbidden_flags,
      now => _private_queues_again_at.now,
      max_heads => v_max_heads,
      only_queues => _private_queues_again_at.only_queues,
      not_queues => _private_queues_again_at.not_queues,
      skips_exhausted => true,
      max_vain_steps => case when not is_thorough then 30 end
    ) as h
  );
  -- More than it walks through, and none of the queues that it then tried was free: there may be others.
  if
    v_heads = '{}' and not is_thorough
    and exists (
      select
      from unnest(_private_queues_again_at.task_ids) as t (id)
      cross join lateral (
        select
        from @extschema@._private_jobs as j
        where
          j.is_available
          and j.job_queue_id is not null
          and j.task_id = t.id
          and j.priority = _private_queues_again_at.priority
          and j.run_at <= _private_queues_again_at.now
        order by j.task_id, j.priority, j.run_at, j.id
        offset 2 * v_max_heads + 19
        limit 1
      ) as d
    )
  then
    return v_clock + interval '50 milliseconds';
  end if;
  return (
    select
      min(
        v_clock + greatest(
          interval '50 milliseconds',
          make_interval(secs => (w.weight - r.tokens) / r.rate * extract(epoch from r.per)::double precision)
        )
      )
    from unnest(v_heads) as h
    inner join @extschema@._private_queue_rooms(
      queue_ids => array(select i.queue_id from unnest(v_heads) as i), clock => v_clock
    ) as r on r.queue_id = h.queue_id
    cross join lateral (
      select @extschema@._private_weight(payload => j.payload, weight_by => r.weight_by, burst => r.burst) as weight
      from @extschema@._private_jobs as j
      where j.id = h.id
    ) as w
    where r.is_limited and (r.room > 0 or r.tokens < 1)
  );
end;
$$;

comment on function @extschema@._private_queues_again_at(
  smallint, integer[], integer[], text[], timestamptz, text[], text[], boolean
) is
$$Internal. When to ask again, after a claim that was not given all it asked for: soon, where a limited queue has room
and something due at this priority, so that somebody else was just claiming of it, or when there is room within its rate
for its next job; null for none. The arguments are those of _private_claim_queued; where it is not thorough, and has not
seen all queues that have something due, that may be soon for nothing. Locks nothing.$$;
