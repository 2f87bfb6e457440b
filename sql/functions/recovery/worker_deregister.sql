create or replace function @extschema@.worker_deregister(worker_id text) returns void
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  delete from @extschema@._private_workers as w where w.id = worker_deregister.worker_id
$$;

comment on function @extschema@.worker_deregister(text) is
$$Takes a worker that stops off the list. Locks: its own row among the workers.$$;
