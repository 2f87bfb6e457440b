create or replace function @extschema@._private_queue_heads(
  priority smallint,
  task_ids integer[],
  forbidden_flags text[],
  now timestamptz,
  max_heads integer
) returns table (queue_id integer, run_at timestamptz, id bigint)
language plpgsql volatile
as $$
declare
  -- How many index entries the walk in claim order may read before it gives up on deep queues.
  v_walk_limit integer := 4 * max_heads + 100;
  v_walked integer;
  v_queue_ids integer[];
  v_heads integer;
  -- How many queues the round by queue looks at.
  v_round_limit constant integer := 1000;
  v_start integer;
begin
  -- In claim order: with many queues the first entries belong to as many of them.
  select count(*)::integer, array_agg(distinct w.job_queue_id) filter (where w.is_supported)
  into v_walked, v_queue_ids
  from (
    select
      j.job_queue_id,
      j.task_id = any(_private_queue_heads.task_ids)
      and (forbidden_flags is null or j.flags is null or not j.flags ?| forbidden_flags) as is_supported
    from @extschema@._private_jobs as j
    where
      j.is_available
      and j.job_queue_id is not null
      and j.priority = _private_queue_heads.priority
      and j.run_at <= _private_queue_heads.now
    order by j.priority, j.run_at, j.id
    limit v_walk_limit
  ) as w;
  -- One probe per queue, written so that it can't become a join that reads all queues.
  v_queue_ids := array(
    select c.id from unnest(v_queue_ids) as c (id)
    where (select q.is_available from @extschema@._private_job_queues as q where q.id = c.id)
  );
  v_heads := cardinality(v_queue_ids);

  -- A deep queue fills the walk with its own jobs: go from queue to queue instead, each time from another one.
  if v_heads < max_heads and v_walked = v_walk_limit then
    select floor(random() * (max_id.job_queue_id::float8 + 1))::integer into v_start
    from (
      select j.job_queue_id
      from @extschema@._private_jobs as j
      where j.is_available and j.job_queue_id is not null and j.priority = _private_queue_heads.priority
      order by j.priority desc, j.job_queue_id desc
      limit 1
    ) as max_id;
    v_queue_ids := array(
      with recursive round (queue_id, is_second_half, steps) as (
        select v_start - 1, false, 0
        union all
        select
          coalesce(n.queue_id, -1),
          r.is_second_half or n.queue_id is null,
          r.steps + 1
        from round as r
        cross join lateral (
          select (
            select j.job_queue_id
            from @extschema@._private_jobs as j
            where
              j.is_available
              and j.job_queue_id is not null
              and j.priority = _private_queue_heads.priority
              and j.job_queue_id > r.queue_id
            order by j.priority, j.job_queue_id
            limit 1
          ) as queue_id
        ) as n
        where
          r.steps < v_round_limit
          and not (r.is_second_half and (n.queue_id is null or n.queue_id >= v_start))
      )
      select r.queue_id from round as r
      where (select q.is_available from @extschema@._private_job_queues as q where q.id = r.queue_id)
      union
      select c.id from unnest(v_queue_ids) as c (id)
    );
  end if;

  return query
  select c.id, h.run_at, h.id
  from unnest(v_queue_ids) as c (id)
  cross join lateral (
    select j.run_at, j.id
    from @extschema@._private_jobs as j
    where
      j.is_available
      -- As a range, so that only the index by queue gives the order below.
      and j.job_queue_id >= c.id
      and j.job_queue_id <= c.id
      and j.priority = _private_queue_heads.priority
      and j.run_at <= _private_queue_heads.now
      and j.task_id = any(_private_queue_heads.task_ids)
      and (forbidden_flags is null or j.flags is null or not j.flags ?| forbidden_flags)
    order by j.priority, j.job_queue_id, j.run_at, j.id
    limit 1
  ) as h
  order by h.run_at, h.id
  limit max_heads;
end;
$$;

comment on function @extschema@._private_queue_heads(smallint, integer[], text[], timestamptz, integer) is
$$Internal. The first job that can be claimed in each free queue at one priority, in claim order, without locking
anything. What it reads is bounded by max_heads and, where deep queues stand in front, by a round over at most 1000
queues that starts at another queue each time: up to 1000 queues the order is exact, beyond that every queue has its
turn.$$;
