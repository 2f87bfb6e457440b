create or replace function @extschema@._private_settle_queues() returns void
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
  v_queue_ids integer[];
begin
  v_queue_ids := array(
    select j.job_queue_id
    from @extschema@._private_jobs as j
    where j.locked_at is not null and j.job_queue_id is not null
    union
    select q.id from @extschema@._private_job_queues as q where q.locked_at is not null
  );
  v_queue_ids := array(select l.queue_id from @extschema@._private_queue_limits(queue_ids => v_queue_ids) as l);
  v_queue_ids := array(
    select q.id
    from @extschema@._private_job_queues as q
    where q.id = any(v_queue_ids)
    order by q.id
    for no key update skip locked
  );
  perform @extschema@._private_settle_held_queues(worker_id => null, queue_ids => v_queue_ids);
end;
$$;

comment on function @extschema@._private_settle_queues() is
$$Internal. Sees to it that each limited queue is locked just while as many jobs as its width run: where a limit was
changed, or jobs were taken from their workers. Whoever holds the row of one does it himself.
Locks: queue rows in id order, passing over those in use.$$;
