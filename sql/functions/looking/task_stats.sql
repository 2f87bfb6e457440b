create or replace function @extschema@.task_stats(
  row_limit integer default 100,
  after_task text default null,
  count_limit integer default 1000
) returns table (
  task_identifier text,
  ready bigint,
  scheduled bigint,
  locked bigint,
  failed bigint,
  oldest_ready_age interval,
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
begin
  perform @extschema@._private_check_page(row_limit => row_limit, row_offset => 0, max_rows => count_limit);
  return query
  with held as materialized (
    select l.task_id, count(*) as jobs
    from (select j.task_id from @extschema@._private_jobs as j where j.locked_at is not null limit 100000) as l
    group by l.task_id
  ),

  page as materialized (
    select t.id, t.identifier
    from @extschema@._private_tasks as t
    where t.identifier > coalesce(after_task, '')
    order by t.identifier
    limit row_limit
  )

  select
    t.identifier,
    least(a.ready, count_limit::bigint),
    least(a.scheduled, count_limit::bigint),
    coalesce(h.jobs, 0),
    least(f.failed, count_limit::bigint),
    case when isfinite(a.oldest) then now() - a.oldest end,
    p.paused_at,
    p.reason,
    array_remove(
      array[
        case when a.ready > count_limit then 'ready' end,
        case when a.scheduled > count_limit then 'scheduled' end,
        case when f.failed > count_limit then 'failed' end
      ],
      null
    )
  from page as t
  cross join lateral @extschema@._private_count_available(task_id => t.id, count_limit => count_limit + 1) as a
  cross join lateral (
    select count(*) as failed
    from (
      select
      from @extschema@._private_jobs as j
      where not j.is_available and j.locked_at is null and j.task_id = t.id
      limit count_limit + 1
    ) as c
  ) as f
  left join held as h on t.id = h.task_id
  left join @extschema@._private_paused_tasks as p
    on t.identifier = p.task_identifier and (p.until > now()) is not false
  order by t.identifier;
end;
$$;

comment on function @extschema@.task_stats(integer, text, integer) is
$$Lists the tasks, by identifier, with their jobs by state (as in stats), how long the oldest has been due, and whether
it is paused. row_limit, after_task: the page, and the last identifier of the one before. A figure that reached
count_limit is at least that, and capped names it. Errors: GWBLM.$$;
