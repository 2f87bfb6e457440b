create or replace function @extschema@.beat_workers(
  worker_ids text[],
  lost_slots integer[] default null
) returns table (
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
  if cardinality(lost_slots) <> cardinality(worker_ids) then
    raise exception using
      errcode = 'GWBAL',
      message = format('%s worker ids and %s lost_slots', cardinality(worker_ids), cardinality(lost_slots)),
      hint = 'lost_slots has one number per id.';
  end if;
  select count(*) into v_count from @extschema@._private_workers;
  with beaten as (
    update @extschema@._private_workers as w
    set
      last_heartbeat_at = now(),
      metadata = case
        when beat_workers.lost_slots is null or jsonb_typeof(w.metadata) <> 'object' then w.metadata
        when beat_workers.lost_slots[array_position(worker_ids, w.id)] > 0
          then coalesce(w.metadata, '{}')
            || jsonb_build_object('lost_slots', beat_workers.lost_slots[array_position(worker_ids, w.id)])
        else w.metadata - 'lost_slots'
      end
    -- One that was taken for dead stays so, even while not everything could be taken from it.
    where w.id = any(worker_ids) and not coalesce(w.metadata @> '{"swept": true}', false)
    returning w.id
  )

  select array_agg(b.id) into v_living_ids from beaten as b;
  perform @extschema@._private_renew_locks(worker_ids => v_living_ids);
  return query select l.id, v_count from unnest(v_living_ids) as l (id);
end;
$$;

comment on function @extschema@.beat_workers(text[], integer[]) is
$$Says that all the ids by which a worker locks jobs are alive, after worker_heartbeat has registered each. Returns
those that are still registered, each with the number of workers there are. An id that does not come back was taken for
dead by a sweep: what it held is free or with somebody else, and the worker has to drop it and go on under a new id.
Unlike worker_heartbeat this never registers an id again.
lost_slots: one number per id, how many of its slots are lost for now: their jobs were stopped and have had their end,
but what ran them goes on. The worker's metadata has it as lost_slots while it is not 0 (list_workers). Null leaves that
as it is.
What a living worker has held for more than an hour is locked anew (renew_locks), so that it does not expire.
Locks: its own rows among the workers; then see renew_locks. Errors: GWBAL.$$;
