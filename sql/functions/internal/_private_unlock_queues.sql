create or replace function @extschema@._private_unlock_queues(worker_id text, queue_ids integer[]) returns void
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
begin
  perform q.id
  from @extschema@._private_job_queues as q
  where q.id = any(queue_ids) and q.locked_by = _private_unlock_queues.worker_id
  order by q.id
  for no key update;
  update @extschema@._private_job_queues as q
  set locked_by = null, locked_at = null
  where q.id = any(queue_ids) and q.locked_by = _private_unlock_queues.worker_id;
end;
$$;

comment on function @extschema@._private_unlock_queues(text, integer[]) is
$$Internal. Frees those of the queues that this worker holds. Locks: queue rows, in id order.$$;
