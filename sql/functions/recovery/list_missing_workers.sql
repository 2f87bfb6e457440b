create or replace function @extschema@.list_missing_workers(
  own_ids text[] default '{}',
  resilient_flags text[] default '{infrastructure_resilient}'
) returns table (worker_id text, last_heartbeat_at timestamptz)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  for worker_id, last_heartbeat_at in
    select w.id, w.last_heartbeat_at
    from @extschema@._private_workers as w
    -- A session is not kept from what it holds itself: its own workers would always seem to be missing.
    where
      w.metadata @> '{"session_lock": true}'
      -- What could not be taken from it is for the next sweep: here it would be met at every look.
      and not w.metadata @> '{"swept": true}'
      and w.id <> all(coalesce(own_ids, '{}'))
    order by w.last_heartbeat_at, w.id
  loop
    if
      -- Shared: many may look at once.
      pg_try_advisory_xact_lock_shared(@extschema@._private_worker_lock(worker_id))
      and not @extschema@._private_holds_resilient_job(worker_id => worker_id, resilient_flags => resilient_flags)
    then
      return next;
    end if;
  end loop;
end;
$$;

comment on function @extschema@.list_missing_workers(text[], text[]) is
$$Lists the workers that said they hold an advisory lock (hold_worker_locks), and do not: their connection has ended. A
worker that lives takes its lock again within seconds, and after a restart of the server all are missing until they are
back: which of them are dead says watch_workers.
own_ids: the caller's own, left out. Workers that were recovered before, and still hold something that could not be
taken from them, are left to sweep_stale_workers. resilient_flags: workers with a job of such a flag are left to their
heartbeats.
Locks: advisory ones of the missing, shared, until the end of the transaction: call it in one of its own.$$;
