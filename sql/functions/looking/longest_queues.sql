create or replace function @extschema@.longest_queues(
  row_limit integer default 20,
  max_rows integer default 20000
) returns table (
  queue_name text,
  ready bigint,
  oldest_ready_age interval,
  locked_at timestamptz,
  locked_by text,
  paused_at timestamptz,
  capped boolean
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
declare
  v_task_ids integer[];
  v_priorities smallint[];
  v_share integer;
begin
  perform @extschema@._private_check_page(row_limit => row_limit, row_offset => 0, max_rows => max_rows);
  select p.task_ids, p.priorities, greatest(max_rows / cardinality(p.task_ids), 1)
  into v_task_ids, v_priorities, v_share
  from @extschema@._private_queued_priorities(1000) as p;
  return query
  with due as materialized (
    select p.ordinal, d.job_queue_id, d.run_at
    from unnest(v_task_ids, v_priorities) with ordinality as p (task_id, priority, ordinal)
    -- Each its share, so that a long stretch of one task does not hide the others.
    cross join lateral (
      select j.job_queue_id, j.run_at
      from @extschema@._private_jobs as j
      where
        j.is_available
        and j.job_queue_id is not null
        and j.task_id = p.task_id
        and j.priority = p.priority
        and j.run_at <= now()
      order by j.task_id, j.priority, j.run_at, j.id
      limit v_share + 1
    ) as d
  ),

  lengths as (
    select d.job_queue_id, count(*) as jobs, min(d.run_at) as oldest
    from due as d
    group by d.job_queue_id
    order by count(*) desc, min(d.run_at), d.job_queue_id
    limit row_limit
  )

  select
    q.queue_name,
    l.jobs,
    case when isfinite(l.oldest) then now() - l.oldest end,
    q.locked_at,
    q.locked_by,
    p.paused_at,
    exists (select from due as d group by d.ordinal having count(*) > v_share)
  from lengths as l
  inner join @extschema@._private_job_queues as q on l.job_queue_id = q.id
  left join @extschema@._private_paused_queues as p on q.queue_name = p.queue_name and (p.until > now()) is not false
  order by l.jobs desc, l.oldest, q.queue_name;
end;
$$;

comment on function @extschema@.longest_queues(integer, integer) is
$$Lists the queues with the most jobs that are due, the longest first: how long the oldest job of each has been due, who
holds the queue, and whether it is paused. Looks at max_rows due jobs at most, an equal share of each task and priority;
capped, in every row: there are more, so each ready is at least that, and the order is that among those looked at.
Errors: GWBLM.$$;
