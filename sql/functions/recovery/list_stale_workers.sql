create or replace function @extschema@.list_stale_workers(stale_threshold interval) returns table (worker_id text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@._private_check_interval(name => 'stale_threshold', value => stale_threshold);
  return query
  select w.id
  from @extschema@._private_workers as w
  where w.last_heartbeat_at < now() - stale_threshold
  order by w.last_heartbeat_at, w.id;
end;
$$;

comment on function @extschema@.list_stale_workers(interval) is
$$Lists the registered workers whose last heartbeat is older than the threshold, the stalest first. Errors: GWBDU.$$;
