create or replace function @extschema@._private_queue_heads(
  priority smallint,
  task_ids integer[],
  paused_queue_ids integer[],
  forbidden_flags text[],
  now timestamptz,
  max_heads integer,
  only_queues text[] default null,
  not_queues text[] default null,
  quotas integer[] default null,
  skips_exhausted boolean default false,
  max_vain_steps integer default null
) returns setof @extschema@._private_position
language plpgsql volatile
as $$
declare
  v_clock constant timestamptz := clock_timestamp();
  -- How many index entries of a task the walk in claim order may read before it gives up on deep queues, and how many
  -- queues the round by queue may then look at.
  v_walk_limit integer := 2 * max_heads + 20;
  v_round_limit integer := 10 * max_heads + 50;
  v_takes_all constant boolean := only_queues is null and not_queues is null;
  v_named_queue_ids integer[];
  v_is_cut_off boolean;
  v_deep_task_ids integer[];
  v_task_id integer;
  v_start integer;
  v_after integer;
  v_is_second_half boolean;
  v_queue_id integer;
  v_is_due boolean;
  v_step integer;
  v_heads @extschema@._private_position[];
  v_queue_ids integer[];
  v_round_queue_ids integer[] := array[]::integer[];
  v_further record;
begin
  -- Where few queues are wanted, and many are not, one goes to those few, whatever lies in the others.
  if not v_takes_all then
    v_named_queue_ids := @extschema@._private_named_queues(
      only_queues => _private_queue_heads.only_queues, not_queues => _private_queue_heads.not_queues,
      max_read => v_walk_limit
    );
  end if;
  if v_named_queue_ids is null then
    -- In claim order: with many queues the first entries belong to as many of them.
    with walked as materialized (
      select t.id as task_id, w.job_queue_id, w.run_at, w.id
      from unnest(_private_queue_heads.task_ids) as t (id)
      cross join lateral (
        select j.job_queue_id, j.run_at, j.id
        from @extschema@._private_jobs as j
        where
          j.is_available
          and j.job_queue_id is not null
          and j.task_id = t.id
          and j.priority = _private_queue_heads.priority
          and j.run_at <= _private_queue_heads.now
          and @extschema@._private_is_allowed(flags => j.flags, forbidden_flags => _private_queue_heads.forbidden_flags)
        order by j.task_id, j.priority, j.run_at, j.id
        limit v_walk_limit
      ) as w
    ),

    heads as (
      select distinct on (w.job_queue_id) w.task_id, w.job_queue_id, w.run_at, w.id
      from walked as w
      order by w.job_queue_id, w.run_at, w.id
    )

    select
      (select array_agg(d.task_id) from (
        select w.task_id from walked as w group by w.task_id having count(*) = v_walk_limit
      ) as d),
      array_agg(row(h.task_id, h.job_queue_id, h.run_at, h.id)::@extschema@._private_position),
      array_agg(h.job_queue_id)
    into v_deep_task_ids, v_heads, v_queue_ids
    from heads as h
    -- One probe per queue, written so that it can't become a join that reads all queues.
    where
      h.job_queue_id <> all(paused_queue_ids)
      and (
        select q.is_available and @extschema@._private_takes_queue(
          queue_name => q.queue_name, only_queues => _private_queue_heads.only_queues,
          not_queues => _private_queue_heads.not_queues
        ) and not (
          skips_exhausted and exists (
            select from @extschema@._private_buckets as b
            where b.queue_name <> '' and b.queue_name = q.queue_name and b.next_at > v_clock
              and b.written_at <= v_clock + interval '1 second'
          )
        )
        from @extschema@._private_job_queues as q where q.id = h.job_queue_id
      );
    if quotas is not null then
      v_heads := @extschema@._private_heads_in_quotas(
        heads => v_heads, task_ids => _private_queue_heads.task_ids, quotas => _private_queue_heads.quotas
      );
      v_queue_ids := nullif(array(select h.queue_id from unnest(v_heads) as h), '{}');
    end if;
  end if;

  -- A deep queue fills the walk with its own jobs: go from queue to queue instead, each time from another one.
  while
    v_named_queue_ids is null and v_deep_task_ids is not null and coalesce(cardinality(v_queue_ids), 0) < max_heads
  loop
    v_is_cut_off := false;
    foreach v_task_id in array v_deep_task_ids loop
      select floor(random() * (m.job_queue_id::float8 + 1))::integer into v_start
      from (
        select j.job_queue_id
        from @extschema@._private_jobs as j
        where
          j.is_available
          and j.job_queue_id is not null
          and j.task_id = v_task_id
          and j.priority = _private_queue_heads.priority
        order by j.task_id desc, j.priority desc, j.job_queue_id desc, j.run_at desc, j.id desc
        limit 1
      ) as m;
      v_after := v_start - 1;
      v_is_second_half := false;
      v_step := 0;
      loop
        v_step := v_step + 1;
        select j.job_queue_id, j.run_at <= _private_queue_heads.now into v_queue_id, v_is_due
        from @extschema@._private_jobs as j
        where
          j.is_available
          and j.job_queue_id is not null
          and j.task_id = v_task_id
          and j.priority = _private_queue_heads.priority
          and j.job_queue_id > v_after
        order by j.task_id, j.priority, j.job_queue_id, j.run_at, j.id
        limit 1;
        exit when v_is_second_half and (v_queue_id is null or v_queue_id >= v_start);
        if v_queue_id is null then
          v_is_second_half := true;
          v_after := -1;
          continue;
        end if;
        v_after := v_queue_id;
        if
          v_is_due
          and v_queue_id <> all(paused_queue_ids)
          and (
            select q.is_available and @extschema@._private_takes_queue(
              queue_name => q.queue_name, only_queues => _private_queue_heads.only_queues,
              not_queues => _private_queue_heads.not_queues
            ) and not (
              skips_exhausted and exists (
                select from @extschema@._private_buckets as b
                where b.queue_name <> '' and b.queue_name = q.queue_name and b.next_at > v_clock
              and b.written_at <= v_clock + interval '1 second'
              )
            )
            from @extschema@._private_job_queues as q where q.id = v_queue_id
          )
        then
          v_round_queue_ids := v_round_queue_ids || v_queue_id;
        end if;
        exit when v_step >= max_vain_steps and v_queue_ids is null and cardinality(v_round_queue_ids) = 0;
        if v_step >= v_round_limit then
          -- Not before a free queue with a job that is due was found: with none, nothing could be claimed.
          exit when v_queue_ids is not null or cardinality(v_round_queue_ids) > 0;
          v_is_cut_off := not v_takes_all;
          exit when v_is_cut_off;
          -- Many are not free: by the thousand. Where these end, the next step finds the end.
          v_further := @extschema@._private_free_queues_after(
            after_queue_id => v_after, last_queue_id => case when v_is_second_half then v_start - 1 else 2147483647 end,
            task_id => v_task_id, priority => _private_queue_heads.priority,
            paused_queue_ids => _private_queue_heads.paused_queue_ids, now => _private_queue_heads.now,
            rates_at => case when skips_exhausted then v_clock end, max_queues => 1000
          );
          v_round_queue_ids := v_further.free_queue_ids[1:max_heads];
          exit when cardinality(v_round_queue_ids) > 0;
          v_after := coalesce(v_further.reached_queue_id, v_after);
        end if;
      end loop;
    end loop;
    exit when not v_is_cut_off or cardinality(v_round_queue_ids) > 0;
    -- Either the queues that are wanted come to an end soon, or those that have jobs: look further at both in turns.
    v_round_limit := 4 * v_round_limit;
    v_named_queue_ids := @extschema@._private_named_queues(
      only_queues => _private_queue_heads.only_queues, not_queues => _private_queue_heads.not_queues,
      max_read => v_round_limit
    );
  end loop;
  if v_named_queue_ids is not null then
    v_round_queue_ids := array(
      select q.id from @extschema@._private_job_queues as q
      where
        q.id = any(v_named_queue_ids) and q.id <> all(paused_queue_ids) and q.is_available
        and not (
          skips_exhausted and exists (
            select from @extschema@._private_buckets as b
            where b.queue_name <> '' and b.queue_name = q.queue_name and b.next_at > v_clock
              and b.written_at <= v_clock + interval '1 second'
          )
        )
    );
  end if;

  if quotas is not null then
    return query
    select h.task_id, h.queue_id, h.run_at, h.id
    from unnest(@extschema@._private_heads_in_quotas(
      heads => v_heads || array(
        select row(h.task_id, r.id, h.run_at, h.id)::@extschema@._private_position
        from unnest(v_round_queue_ids) as r (id)
        cross join lateral @extschema@._private_queue_head(
          queue_id => r.id,
          priority => _private_queue_heads.priority,
          task_ids => _private_queue_heads.task_ids,
          forbidden_flags => _private_queue_heads.forbidden_flags,
          now => _private_queue_heads.now
        ) as h
        where r.id <> all(coalesce(v_queue_ids, '{}'))
      ),
      task_ids => _private_queue_heads.task_ids, quotas => _private_queue_heads.quotas
    )) as h
    order by h.run_at, h.id
    limit max_heads;
    return;
  end if;
  return query
  select f.task_id, f.queue_id, f.run_at, f.id
  from (
    select w.task_id, w.queue_id, w.run_at, w.id
    from unnest(v_heads) as w
    union all
    select h.task_id, r.id, h.run_at, h.id
    from unnest(v_round_queue_ids) as r (id)
    cross join lateral @extschema@._private_queue_head(
      queue_id => r.id,
      priority => _private_queue_heads.priority,
      task_ids => _private_queue_heads.task_ids,
      forbidden_flags => _private_queue_heads.forbidden_flags,
      now => _private_queue_heads.now
    ) as h
    where r.id <> all(coalesce(v_queue_ids, '{}'))
  ) as f
  order by f.run_at, f.id
  limit max_heads;
end;
$$;

comment on function @extschema@._private_queue_heads(
  smallint, integer[], integer[], text[], timestamptz, integer, text[], text[], integer[], boolean,
  integer
) is
$$Internal. The first job that can be claimed in each free queue at one priority, in claim order, without locking
anything. What it reads is bounded by max_heads and, where deep queues stand in front, by a round over the queues that
starts at another one each time: then the order is exact for up to 10 * max_heads + 50 queues, beyond that they take
turns. only_queues, not_queues: of which queues, see _private_takes_queue; where these are few it goes to each of
them. quotas: no more of each of task_ids than this, null for no bound. skips_exhausted: leave out those whose rate
leaves no room. max_vain_steps: after so many
queues of which none is free the round ends; null for never.$$;
