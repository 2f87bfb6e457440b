create or replace function @extschema@.hold_worker_locks(worker_ids text[]) returns setof text
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  select i.id
  from unnest(worker_ids) as i (id)
  where pg_try_advisory_lock(@extschema@._private_worker_lock(i.id))
$$;

comment on function @extschema@.hold_worker_locks(text[]) is
$$Takes an advisory lock per id of a worker, which it holds until its connection ends: see list_missing_workers. Call it
before worker_heartbeat says '{"session_lock": true}', once per id and connection, and again later for ids that do not
come back: an earlier connection of the worker, that the server does not know to be dead yet, has theirs.
Not behind a pooler that shares connections by transaction: the lock would stay with whoever comes next.
Locks: advisory, of this session. Does not wait.$$;
