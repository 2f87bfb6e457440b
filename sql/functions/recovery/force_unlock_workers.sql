create or replace function @extschema@.force_unlock_workers(worker_ids text[]) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_ids bigint[];
  v_superseded_ids bigint[];
  v_queue_ids integer[];
begin
  -- Only what is locked here is changed below: a worker that lives after all may claim more in between, and those rows
  -- would be met out of order.
  select
    array_agg(l.id) filter (where not l.is_superseded),
    array_agg(l.id) filter (where l.is_superseded)
  into v_ids, v_superseded_ids
  from (
    select j.id, @extschema@._private_is_superseded(flags => j.flags) as is_superseded
    from @extschema@._private_jobs as j
    where j.locked_by = any(worker_ids)
    order by j.id
    for update
  ) as l;
  delete from @extschema@._private_jobs as j where j.id = any(v_superseded_ids);
  update @extschema@._private_jobs as j
  set locked_at = null, locked_by = null, updated_at = now()
  where j.id = any(v_ids);

  v_queue_ids := array(
    select q.id
    from @extschema@._private_job_queues as q
    where
      q.locked_by = any(worker_ids)
      -- A worker that lives after all may have claimed its next job meanwhile, and holds the queue for that.
      and not exists (
        select from @extschema@._private_jobs as j where j.job_queue_id = q.id and j.locked_by = q.locked_by
      )
    order by q.id
    for no key update
  );
  update @extschema@._private_job_queues as q set locked_at = null, locked_by = null where q.id = any(v_queue_ids);
end;
$$;

comment on function @extschema@.force_unlock_workers(text[]) is
$$Frees every job and queue that is locked by these workers, and nobody else's. For workers known to be dead: what a
living one is running will be run again. Attempts stay counted. Jobs that lost their key meanwhile are deleted.
Locks: job rows in id order, then queue rows in id
order.$$;
