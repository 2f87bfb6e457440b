create or replace function @extschema@.list_queues(
  row_limit integer default 100,
  after_queue text default null,
  search text default null,
  count_limit integer default 1000
) returns table (
  queue_name text,
  ready bigint,
  scheduled bigint,
  locked bigint,
  failed bigint,
  locked_at timestamptz,
  locked_by text,
  paused_at timestamptz,
  pause_reason text,
  capped text[]
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
declare
  c_failed constant integer := 10000;
  c_pairs constant integer := 1000;
  v_task_ids integer[];
  v_priorities smallint[];
  v_failed bigint;
begin
  perform @extschema@._private_check_page(row_limit => row_limit, row_offset => 0, max_rows => count_limit);
  select p.task_ids, p.priorities into v_task_ids, v_priorities
  from @extschema@._private_queued_priorities(c_pairs) as p;
  select count(*) into v_failed
  from (
    select from @extschema@._private_jobs as j where not j.is_available and j.locked_at is null limit c_failed + 1
  ) as f;
  return query
  with page as materialized (
    select q.id, q.queue_name, q.locked_at, q.locked_by
    from @extschema@._private_job_queues as q
    where
      q.queue_name > coalesce(after_queue, '')
      and (search is null or strpos(q.queue_name, search) > 0)
    order by q.queue_name
    limit row_limit
  ),

  held as materialized (
    select l.job_queue_id, count(*) as jobs
    from (
      select j.job_queue_id
      from @extschema@._private_jobs as j
      where j.locked_at is not null
      limit 100000
    ) as l
    group by l.job_queue_id
  ),

  dead as materialized (
    select f.job_queue_id, count(*) as jobs
    from (
      select j.job_queue_id
      from @extschema@._private_jobs as j
      where v_failed <= c_failed and not j.is_available and j.locked_at is null
    ) as f
    group by f.job_queue_id
  )

  select
    q.queue_name,
    least(c.ready, count_limit::bigint),
    least(c.scheduled, count_limit::bigint),
    coalesce(h.jobs, 0),
    case when v_failed <= c_failed then coalesce(d.jobs, 0) end,
    q.locked_at,
    q.locked_by,
    p.paused_at,
    p.reason,
    array_remove(
      array[
        -- What came late in a long stretch may not have been counted at all.
        case when c.ready > count_limit or cardinality(v_task_ids) = c_pairs then 'ready' end,
        case when c.ready + c.scheduled > count_limit or cardinality(v_task_ids) = c_pairs then 'scheduled' end,
        case when v_failed > c_failed then 'failed' end
      ],
      null
    )
  from page as q
  cross join lateral @extschema@._private_queue_counts(
    queue_id => q.id, task_ids => v_task_ids, priorities => v_priorities, count_limit => count_limit + 1
  ) as c
  left join held as h on q.id = h.job_queue_id
  left join dead as d on q.id = d.job_queue_id
  left join @extschema@._private_paused_queues as p on q.queue_name = p.queue_name and (p.until > now()) is not false
  order by q.queue_name;
end;
$$;

comment on function @extschema@.list_queues(integer, text, text, integer) is
$$Lists named queues, by name, with their jobs by state (as in stats), who holds each, and whether it is paused.
row_limit, after_queue: the page, and the last name of the one before. search: only queues whose name contains this.
A figure that reached count_limit is at least that, and capped names it; failed is null, and capped too, while more than
10,000 jobs have failed. longest_queues lists those with most to do first. Errors: GWBLM.$$;
