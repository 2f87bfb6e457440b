create or replace function @extschema@.beat_workers(worker_ids text[]) returns table (
  worker_id text,
  worker_count integer
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_count integer;
  v_living_ids text[];
begin
  select count(*) into v_count from @extschema@._private_workers;
  with beaten as (
    update @extschema@._private_workers as w
    set last_heartbeat_at = now()
    -- One that was taken for dead stays so, even while not everything could be taken from it.
    where w.id = any(worker_ids) and not coalesce(w.metadata @> '{"swept": true}', false)
    returning w.id
  )

  select array_agg(b.id) into v_living_ids from beaten as b;
  perform @extschema@._private_renew_locks(worker_ids => v_living_ids);
  return query select l.id, v_count from unnest(v_living_ids) as l (id);
end;
$$;

comment on function @extschema@.beat_workers(text[]) is
$$Says that all the ids by which a worker locks jobs are alive, after worker_heartbeat has registered each. Returns
those that are still registered, each with the number of workers there are. An id that does not come back was taken for
dead by a sweep: what it held is free or with somebody else, and the worker has to drop it and go on under a new id.
Unlike worker_heartbeat this never registers an id again.
What a living worker has held for more than an hour is locked anew (renew_locks), so that it does not expire.
Locks: its own rows among the workers; then see renew_locks.$$;
