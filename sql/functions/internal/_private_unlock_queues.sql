create or replace function @extschema@._private_unlock_queues(worker_id text, queue_ids integer[]) returns void
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
begin
  if
    pg_sequence_last_value('@extschema@._private_rooms_used'::regclass) is not null
    and exists (select from @extschema@._private_rooms as r where r.room = 'queue limits')
  then
    -- One that is limited is in the name of any of those who hold its jobs.
    perform q.id
    from @extschema@._private_job_queues as q
    where q.id = any(queue_ids)
    order by q.id
    for no key update;
    perform @extschema@._private_settle_held_queues(
      worker_id => _private_unlock_queues.worker_id, queue_ids => _private_unlock_queues.queue_ids
    );
    return;
  end if;
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
$$Internal. Frees those of the queues that this worker holds, and those with a limit that are not full any more. Locks:
queue rows, in id order.$$;
