create or replace function @extschema@._private_count_starts(
  rated_task_ids integer[],
  limits_queues boolean,
  ctids tid[],
  claimed_ids bigint[],
  out queue_ids integer[],
  out again_at timestamptz
)
language plpgsql volatile
as $$
declare
  v_clock constant timestamptz := clock_timestamp();
  v_ids constant bigint[] := coalesce(
    claimed_ids, array(select j.id from @extschema@._private_jobs as j where j.ctid = any(ctids))
  );
begin
  if limits_queues then
    select array_agg(distinct j.job_queue_id) into queue_ids
    from @extschema@._private_jobs as j
    where j.id = any(v_ids) and j.job_queue_id is not null;
  end if;
  if
    rated_task_ids is null
    and (
      queue_ids is null
      or not exists (select from @extschema@._private_limits as l where l.kind <> 'task' and l.rate is not null)
    )
  then
    return;
  end if;
  with started as materialized (
    select j.task_id, j.job_queue_id, j.payload from @extschema@._private_jobs as j where j.id = any(v_ids)
  ),

  counted as materialized (
    select
      r.kind, r.name, r.queue_name, r.burst, extract(epoch from r.per)::double precision / r.rate as seconds,
      r.tokens - (
        select sum(@extschema@._private_weight(payload => s.payload, weight_by => r.weight_by, burst => r.burst))
        from started as s
        where s.task_id = r.task_id or s.job_queue_id = r.queue_id
      ) as tokens
    from (
      select
        t.task_id, null::integer as queue_id, 'task' as kind, t.task_identifier as name, '' as queue_name, t.rate,
        t.per, t.burst, t.weight_by, t.tokens
      from @extschema@._private_task_rooms(
        task_ids => _private_count_starts.rated_task_ids, clock => v_clock
      ) as t
      where t.rate is not null
      union all
      select null, q.queue_id, q.kind, q.name, q.queue_name, q.rate, q.per, q.burst, q.weight_by, q.tokens
      from @extschema@._private_queue_rooms(
        queue_ids => _private_count_starts.queue_ids, clock => v_clock
      ) as q
      where q.rate is not null
    ) as r
  ),

  written as (
    insert into @extschema@._private_buckets (kind, name, queue_name, full_at, next_at, written_at)
    select
      c.kind, c.name, c.queue_name, v_clock + make_interval(secs => (c.burst - c.tokens) * c.seconds),
      v_clock + make_interval(secs => greatest(1 - c.tokens, 0) * c.seconds), v_clock
    from counted as c
    where c.tokens is not null
    order by c.kind, c.name, c.queue_name
    on conflict on constraint _private_buckets_pkey do update
    set full_at = excluded.full_at, next_at = excluded.next_at, written_at = excluded.written_at
  )

  select min(v_clock + make_interval(secs => (1 - c.tokens) * c.seconds)) into again_at
  from counted as c
  where c.tokens < 1;
end;
$$;

comment on function @extschema@._private_count_starts(integer[], boolean, tid[], bigint[]) is
$$Internal. Counts jobs that the caller claims against the rates of their tasks and queues, whose limits or rows it has
locked: those at positions, or with ids, where claimed_ids is not null. queue_ids: their queues, where limits_queues;
null for none. again_at: when there is room again within the first rate that is used up; null for none. Locks: buckets,
by kind and name.$$;
