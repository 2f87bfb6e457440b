create or replace function @extschema@.list_workers(stale_threshold interval default '5 minutes') returns table (
  worker_id text,
  started_at timestamptz,
  last_heartbeat_at timestamptz,
  is_stale boolean,
  locked_jobs bigint,
  metadata jsonb
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@._private_check_interval('stale_threshold', stale_threshold);
  return query
  select
    w.id,
    w.started_at,
    w.last_heartbeat_at,
    w.last_heartbeat_at < now() - stale_threshold,
    coalesce(l.locked_jobs, 0),
    w.metadata
  from @extschema@._private_workers as w
  left join (
    select j.locked_by, count(*) as locked_jobs
    from @extschema@._private_jobs as j
    where j.locked_by is not null
    group by j.locked_by
  ) as l on l.locked_by = w.id
  order by w.last_heartbeat_at desc, w.id;
end;
$$;

comment on function @extschema@.list_workers(interval) is
$$The workers that send heartbeats, the most recently heard first, whether they are overdue by the threshold, and how
many jobs each holds. Workers without heartbeats that hold something are in list_locked_workers. Errors: GWBDU.$$;
