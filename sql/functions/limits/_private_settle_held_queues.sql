create or replace function @extschema@._private_settle_held_queues(worker_id text, queue_ids integer[]) returns void
language plpgsql volatile
set enable_seqscan = off
as $$
declare
  v_limited_ids integer[];
  v_widths integer[];
begin
  select array_agg(l.queue_id), array_agg(l.width) into v_limited_ids, v_widths
  from @extschema@._private_queue_limits(queue_ids => _private_settle_held_queues.queue_ids) as l;
  if worker_id is not null then
    update @extschema@._private_job_queues as q
    set locked_by = null, locked_at = null
    where
      q.id = any(queue_ids) and q.locked_by = _private_settle_held_queues.worker_id
      and q.id <> all(coalesce(v_limited_ids, '{}'));
  end if;
  if v_limited_ids is null then
    return;
  end if;
  update @extschema@._private_job_queues as q
  set
    locked_by = case when s.is_full then s.holder end,
    locked_at = case when s.is_full then now() end
  from (
    select r.queue_id, r.worker_id as holder, r.running >= l.width as is_full
    from unnest(v_limited_ids, v_widths) as l (id, width)
    inner join @extschema@._private_queue_running(queue_ids => v_limited_ids) as r on r.queue_id = l.id
  ) as s
  where
    q.id = s.queue_id
    and case
      when s.is_full then q.is_available or q.locked_by = _private_settle_held_queues.worker_id
      else q.locked_at is not null
    end;
end;
$$;

comment on function @extschema@._private_settle_held_queues(text, integer[]) is
$$Internal. Of these queues, whose rows the caller has locked: frees those without a limit that this worker holds (null
for none), and those with one of which fewer jobs run than it is wide; locks the others in the name of somebody who
holds a job of it, which this worker need not do any more. Locks nothing else.$$;
