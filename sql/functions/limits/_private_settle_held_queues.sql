create or replace function @extschema@._private_settle_held_queues(worker_id text, queue_ids integer[]) returns void
language plpgsql volatile
set enable_seqscan = off
as $$
begin
  update @extschema@._private_job_queues as q
  set
    locked_by = case when s.is_full then s.holder end,
    locked_at = case when s.is_full then now() end
  from (
    select
      i.id,
      coalesce(r.running >= l.width, false) as is_full,
      r.worker_id as holder,
      l.queue_id is not null as is_limited
    from unnest(queue_ids) as i (id)
    left join @extschema@._private_queue_limits(queue_ids => _private_settle_held_queues.queue_ids) as l
      on l.queue_id = i.id
    left join @extschema@._private_queue_running(
      queue_ids => array(
        select n.queue_id
        from @extschema@._private_queue_limits(queue_ids => _private_settle_held_queues.queue_ids) as n
      )
    ) as r on r.queue_id = i.id
  ) as s
  where
    q.id = s.id
    and case
      when not s.is_limited then q.locked_by = _private_settle_held_queues.worker_id
      when s.is_full then q.is_available or q.locked_by = _private_settle_held_queues.worker_id
      else q.locked_at is not null
    end;
end;
$$;

comment on function @extschema@._private_settle_held_queues(text, integer[]) is
$$Internal. Of these queues, whose rows the caller has locked: frees those without a limit that this worker holds (null
for none), and those with one of which fewer jobs run than it is wide; locks the others in the name of somebody who
holds a job of it, which this worker need not do any more. Locks nothing else.$$;
