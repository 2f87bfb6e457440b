create or replace function @extschema@.list_locked_workers() returns table (
  worker_id text,
  locked_jobs bigint,
  locked_queues bigint,
  oldest_lock timestamptz,
  last_heartbeat_at timestamptz
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
  select
    l.locked_by,
    count(*) filter (where not l.is_queue),
    count(*) filter (where l.is_queue),
    min(l.locked_at),
    (select w.last_heartbeat_at from @extschema@._private_workers as w where w.id = l.locked_by)
  from (
    select j.locked_by, j.locked_at, false as is_queue
    from @extschema@._private_jobs as j
    where j.locked_at is not null
    union all
    select q.locked_by, q.locked_at, true
    from @extschema@._private_job_queues as q
    where q.locked_at is not null
  ) as l
  group by l.locked_by
  order by min(l.locked_at), l.locked_by
$$;

comment on function @extschema@.list_locked_workers() is
$$Lists who holds jobs and queues right now, the oldest lock first; last_heartbeat_at is null for one that sends no
heartbeats. The id is what force_unlock_workers takes.$$;
