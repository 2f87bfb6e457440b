create or replace function @extschema@.delete_stale_workers(worker_ids text[]) returns void
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  delete from @extschema@._private_workers as w where w.id = any(worker_ids)
$$;

comment on function @extschema@.delete_stale_workers(text[]) is
$$Takes workers off the list; what they hold is not touched (see recover_dead_worker_jobs). Locks: rows of workers.$$;
