create or replace function @extschema@.list_workers(
  stale_threshold interval default '5 minutes',
  row_limit integer default 1000,
  row_offset integer default 0
) returns table (
  worker_id text,
  started_at timestamptz,
  last_heartbeat_at timestamptz,
  is_stale boolean,
  locked_jobs bigint,
  locked_queues bigint,
  oldest_lock timestamptz,
  metadata jsonb
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@._private_check_interval(name => 'stale_threshold', value => stale_threshold);
  perform @extschema@._private_check_page(row_limit => row_limit, row_offset => row_offset, max_rows => 1);
  return query
  select
    coalesce(w.id, l.worker_id),
    w.started_at,
    w.last_heartbeat_at,
    w.last_heartbeat_at < now() - stale_threshold,
    coalesce(l.locked_jobs, 0),
    coalesce(l.locked_queues, 0),
    l.oldest_lock,
    w.metadata
  from @extschema@._private_workers as w
  full join @extschema@.list_locked_workers() as l on w.id = l.worker_id
  order by w.last_heartbeat_at desc nulls last, l.oldest_lock, 1
  limit row_limit
  offset row_offset;
end;
$$;

comment on function @extschema@.list_workers(interval, integer, integer) is
$$Lists the workers that send heartbeats, the most recently heard first, and whether they are overdue by the threshold.
Whoever else holds jobs or queues follows, the oldest lock first: is_stale, started_at and last_heartbeat_at are null
there. With each, how many jobs and queues it holds and since when. row_limit, row_offset: the page. Errors: GWBDU,
GWBLM.$$;
