create or replace function @extschema@.force_unlock_workers(worker_ids text[], dry_run boolean) returns table (
  worker_id text,
  locked_jobs bigint,
  locked_queues bigint,
  oldest_lock timestamptz,
  last_heartbeat_at timestamptz
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- By worker there is an index, whatever else lies in the table.
set enable_seqscan = off
set jit = off
as $$
declare
  v_ids bigint[];
  v_deleted_ids bigint[];
  v_cancelled_ids bigint[];
  v_queue_ids integer[];
  v_holders text[];
  v_since timestamptz[];
  v_queue_holders text[];
  v_queue_since timestamptz[];
begin
  if coalesce(dry_run, true) then
    return query
    select l.worker_id, l.locked_jobs, l.locked_queues, l.oldest_lock, l.last_heartbeat_at
    from @extschema@.list_locked_workers() as l
    where l.worker_id = any(worker_ids)
    order by l.oldest_lock, l.worker_id;
    return;
  end if;
  -- Only what is locked here is changed below: a worker that lives after all may claim more in between, and those rows
  -- would be met out of order.
  select
    array_agg(l.id) filter (where l.ending is null),
    array_agg(l.id) filter (where l.ending = 'delete'),
    array_agg(l.id) filter (where l.ending = 'fail'),
    array_agg(l.locked_by),
    array_agg(l.locked_at)
  into v_ids, v_deleted_ids, v_cancelled_ids, v_holders, v_since
  from (
    select j.id, j.locked_by, j.locked_at, @extschema@._private_ending(flags => j.flags) as ending
    from @extschema@._private_jobs as j
    where j.locked_by = any(worker_ids) and j.locked_at is not null
    order by j.id
    for update
  ) as l;
  delete from @extschema@._private_jobs as j where j.id = any(v_deleted_ids);
  perform @extschema@._private_release_cancelled(job_ids => v_cancelled_ids);
  update @extschema@._private_jobs as j
  set locked_at = null, locked_by = null, updated_at = now()
  where j.id = any(v_ids);

  select array_agg(l.id), array_agg(l.locked_by), array_agg(l.locked_at)
  into v_queue_ids, v_queue_holders, v_queue_since
  from (
    select q.id, q.locked_by, q.locked_at
    from @extschema@._private_job_queues as q
    where
      q.locked_by = any(worker_ids)
      -- A worker that lives after all may have claimed its next job meanwhile, and holds the queue for that.
      and not exists (
        select from @extschema@._private_jobs as j
        where
          j.task_id = any(array(select t.id from @extschema@._private_tasks as t)) and j.job_queue_id = q.id
          and j.locked_by = q.locked_by and j.locked_at is not null
      )
    order by q.id
    for no key update
  ) as l;
  update @extschema@._private_job_queues as q set locked_at = null, locked_by = null where q.id = any(v_queue_ids);
  perform @extschema@._private_settle_limits();

  return query
  select
    f.worker_id,
    count(*) filter (where f.is_job),
    count(*) filter (where not f.is_job),
    min(f.locked_at),
    max(w.last_heartbeat_at)
  from (
    select j.worker_id, j.locked_at, true as is_job from unnest(v_holders, v_since) as j (worker_id, locked_at)
    union all
    select q.worker_id, q.locked_at, false from unnest(v_queue_holders, v_queue_since) as q (worker_id, locked_at)
  ) as f
  left join @extschema@._private_workers as w on f.worker_id = w.id
  group by f.worker_id
  order by min(f.locked_at), f.worker_id;
end;
$$;

comment on function @extschema@.force_unlock_workers(text[], boolean) is
$$Tells how many jobs and queues force_unlock_workers would free of each of these workers; frees them, too, when dry_run
is false. oldest_lock: since when; last_heartbeat_at: null for one that sends no heartbeats. Workers that hold nothing
are left out. Locks, unless it is a dry run: job rows in id order, then queue rows in id order.$$;

create or replace function @extschema@.force_unlock_workers(worker_ids text[]) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform from @extschema@.force_unlock_workers(worker_ids => worker_ids, dry_run => false);
end;
$$;

comment on function @extschema@.force_unlock_workers(text[]) is
$$Frees every job and queue that is locked by these workers, and nobody else's. For workers known to be dead: what a
living one is running will be run again. Attempts stay counted. Jobs that lost their key meanwhile are deleted, those
that were cancelled stay failed, or are removed. With a second argument, dry_run, it tells what that would be.
Locks: job rows in id order, then queue rows in id order.$$;
