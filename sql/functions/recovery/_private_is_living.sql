create or replace function @extschema@._private_is_living(worker_id text, sweep_threshold interval) returns boolean
language sql stable
set enable_seqscan = off
as $$
  select exists (
    select
    from @extschema@._private_workers as w
    where
      w.id = worker_id
      and w.last_heartbeat_at >= now() - sweep_threshold
      and not coalesce(w.metadata @> '{"swept": true}', false)
  )
$$;

comment on function @extschema@._private_is_living(text, interval) is
$$Internal. Whether this id is registered, was heard of within the threshold, and was not taken for dead. Locks
nothing.$$;
