create or replace function @extschema@.list_limits(
  row_limit integer default 100,
  after_kind text default null,
  after_name text default null
) returns table (
  kind text,
  name text,
  max_running integer,
  running bigint,
  rate double precision,
  per interval,
  burst integer,
  weight_by text,
  share double precision,
  tokens double precision,
  next_at timestamptz,
  held_back bigint,
  capped boolean,
  from_operator text[],
  set_at timestamptz,
  set_by text,
  reason text
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
declare
  c_counted constant integer := 1000;
  c_pairs constant integer := 1000;
  v_task_ids integer[];
  v_priorities smallint[];
begin
  perform @extschema@._private_check_page(row_limit => row_limit, row_offset => 0, max_rows => 1);
  select p.task_ids, p.priorities into v_task_ids, v_priorities
  from @extschema@._private_queued_priorities(c_pairs) as p;
  return query
  with page as materialized (
    select l.*, case when l.kind = 'pattern' then l.name || '*' else l.name end as shown
    from @extschema@._private_limits_in_force() as l
    where
      not l.is_ended
      and (
        after_kind is null
        or (l.kind, case when l.kind = 'pattern' then l.name || '*' else l.name end) > (after_kind, after_name)
      )
    order by l.kind, shown
    limit row_limit
  )

  select
    p.kind,
    p.shown,
    p.max_running,
    case p.kind when 'pattern' then m.running else n.running end,
    p.rate,
    p.per,
    p.burst,
    p.weight_by,
    p.share,
    b.tokens,
    case when b.tokens < 1 then clock_timestamp() + (1 - b.tokens) / p.rate * p.per end,
    case when h.ready is not null then least(h.ready, c_counted::bigint) end,
    coalesce(h.ready > c_counted, false),
    p.from_operator,
    p.set_at,
    p.set_by,
    p.reason
  from page as p
  left join @extschema@._private_tasks as t on p.kind = 'task' and t.identifier = p.name
  left join @extschema@._private_job_queues as q on p.kind = 'queue' and q.queue_name = p.name
  cross join lateral (
    select count(*) as running
    from (
      select
      from @extschema@._private_jobs as j
      where
        j.locked_at is not null
        and j.task_id = any(
          case when t.id is not null then array[t.id] else array(select a.id from @extschema@._private_tasks as a) end
        )
        and (t.id is not null or j.job_queue_id = q.id)
      limit 100000
    ) as r
  ) as n
  cross join lateral (
    select case
      when p.kind = 'pattern' then (
        select count(*)
        from (
          select j.job_queue_id from @extschema@._private_jobs as j where j.locked_at is not null limit 100000
        ) as j
        inner join @extschema@._private_job_queues as o on o.id = j.job_queue_id
        where starts_with(o.queue_name, p.name)
      )
    end as running
  ) as m
  cross join lateral (
    select case
      when p.rate is not null and p.kind <> 'pattern' then @extschema@._private_tokens(
        full_at => (
          select k.full_at
          from @extschema@._private_buckets as k
          where
            k.kind = p.kind and k.name = p.name
            and k.queue_name = case when p.kind = 'task' then '' else p.name end
        ),
        clock => clock_timestamp(), rate => p.rate, per => p.per, burst => p.burst
      )
    end as tokens
  ) as b
  cross join lateral (
    select case
      when p.kind = 'pattern' then null
      when coalesce(n.running < p.max_running, true) and coalesce(b.tokens >= 1, true) then 0
      when t.id is not null then (
        select a.ready from @extschema@._private_count_available(task_id => t.id, count_limit => c_counted + 1) as a
      )
      when q.id is not null then (
        select c.ready
        from @extschema@._private_queue_counts(
          queue_id => q.id, task_ids => v_task_ids, priorities => v_priorities, count_limit => c_counted + 1
        ) as c
      )
      else 0
    end as ready
  ) as h
  order by p.kind, p.shown;
end;
$$;

comment on function @extschema@.list_limits(integer, text, text) is
$$Lists the limits of tasks, queues and patterns (whose name ends in *), by kind and name. max_running: of queues and
patterns the width of each queue, null where nothing is set. running: how many jobs of it somebody holds; of a pattern,
of all its queues. tokens: for how many jobs there is room within the rate, next_at: when there is for the next one.
held_back: how many jobs are due, and wait for this limit; counted up to 1000, capped: there are more. tokens, next_at
and held_back of a pattern are null: each of its queues has its own. from_operator: what an operator has set of it, the
rest workers have published; set_at, set_by, reason: of that. row_limit, after_kind, after_name: the page, and the last
of the one before. Errors: GWBLM.$$;
