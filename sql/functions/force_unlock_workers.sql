create or replace function @extschema@.force_unlock_workers(worker_ids text[]) returns void
language plpgsql volatile
as $$
begin
  perform j.id from @extschema@._private_jobs as j where j.locked_by = any(worker_ids) order by j.id for update;
  update @extschema@._private_jobs as j
  set locked_at = null, locked_by = null, updated_at = now()
  where j.locked_by = any(worker_ids);

  perform q.id from @extschema@._private_job_queues as q where q.locked_by = any(worker_ids)
  order by q.id for no key update;
  update @extschema@._private_job_queues as q
  set locked_at = null, locked_by = null
  where q.locked_by = any(worker_ids);
end;
$$;

comment on function @extschema@.force_unlock_workers(text[]) is
$$Frees every job and queue that is locked by these workers, and nobody else's. For workers known to be dead: what a
living one is running will be run again. Attempts stay counted. Locks: job rows in id order, then queue rows in id
order.$$;
