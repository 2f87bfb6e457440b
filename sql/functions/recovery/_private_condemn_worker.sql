create or replace function @extschema@._private_condemn_worker(worker_id text, last_heartbeat_at timestamptz)
returns boolean
language plpgsql volatile
as $$
begin
  if last_heartbeat_at is null then
    return not exists (select from @extschema@._private_workers as w where w.id = worker_id);
  end if;
  perform from @extschema@._private_workers as w
  where w.id = worker_id and w.last_heartbeat_at = _private_condemn_worker.last_heartbeat_at
  for update skip locked;
  return found;
end;
$$;

comment on function @extschema@._private_condemn_worker(text, timestamptz) is
$$Internal. Whether nothing was heard of a worker since that heartbeat (null: it is not registered), and nobody else
deals with it; its next heartbeat then waits for the end of this transaction. Locks: the worker's row.$$;
