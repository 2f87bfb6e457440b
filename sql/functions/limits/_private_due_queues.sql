create or replace function @extschema@._private_due_queues(queue_ids integer[], now timestamptz) returns integer[]
language plpgsql stable
set enable_seqscan = off
set jit = off
as $$
declare
  v_task_ids constant integer[] := array(select t.id from @extschema@._private_tasks as t);
  v_priority integer := -32769;
  v_due_ids integer[] := array[]::integer[];
begin
  loop
    select p.priority into v_priority
    from @extschema@._private_next_queued_priority(
      task_ids => v_task_ids, after_priority => v_priority, now => _private_due_queues.now
    ) as p;
    exit when v_priority is null;
    if queue_ids is null then
      v_due_ids := v_due_ids || array(
        select h.queue_id
        from @extschema@._private_queue_heads(
          priority => v_priority::smallint, task_ids => v_task_ids, paused_queue_ids => '{}', forbidden_flags => null,
          now => _private_due_queues.now, max_heads => 20, only_queues => null, not_queues => null,
          skips_exhausted => true, max_vain_steps => 30
        ) as h
      );
    else
      v_due_ids := v_due_ids || array(
        select i.id
        from unnest(queue_ids) as i (id)
        cross join lateral @extschema@._private_queue_head(
          queue_id => i.id, priority => v_priority::smallint, task_ids => v_task_ids, forbidden_flags => null,
          now => _private_due_queues.now
        ) as h
      );
    end if;
  end loop;
  return array(select distinct d.id from unnest(v_due_ids) as d (id));
end;
$$;

comment on function @extschema@._private_due_queues(integer[], timestamptz) is
$$Internal. Which of these queues have a job that is due; with null, of those that are free, some at each priority.
Locks nothing.$$;
