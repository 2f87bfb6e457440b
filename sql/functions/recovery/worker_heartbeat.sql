create or replace function @extschema@.worker_heartbeat(worker_id text, metadata json default null) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@._private_check_worker_id(worker_id);
  insert into @extschema@._private_workers as w (id, last_heartbeat_at, metadata)
  values (worker_id, now(), worker_heartbeat.metadata::jsonb)
  on conflict (id) do update
    set last_heartbeat_at = excluded.last_heartbeat_at, metadata = coalesce(excluded.metadata, w.metadata);
  perform @extschema@._private_renew_locks(worker_ids => array[worker_id]);
end;
$$;

comment on function @extschema@.worker_heartbeat(text, json) is
$$Says that a worker is alive; the first call registers it. metadata: what it tells about itself; null keeps what it
told before. What it has held for more than an hour is locked anew (renew_locks).
Locks: its own row among the workers; then see renew_locks. Errors: GWBWI.$$;
