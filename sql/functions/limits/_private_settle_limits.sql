create or replace function @extschema@._private_settle_limits() returns void
language plpgsql volatile
as $$
declare
  v_task_ids integer[];
  v_queue_ids integer[];
begin
  if pg_sequence_last_value('@extschema@._private_rooms_used'::regclass) is null then
    return;
  end if;
  if exists (select from @extschema@._private_rooms as r where r.room = 'queue limits') then
    perform @extschema@._private_settle_queues();
    v_queue_ids := @extschema@._private_due_queues(queue_ids => null, now => now());
  end if;
  if exists (select from @extschema@._private_rooms as r where r.room = 'task limits') then
    v_task_ids := array(
      select t.id
      from @extschema@._private_tasks as t
      where exists (select from @extschema@._private_limits as l where l.kind = 'task' and l.name = t.identifier)
    );
  end if;
  if v_task_ids <> '{}' or v_queue_ids <> '{}' then
    perform @extschema@._private_wake_limited(task_ids => v_task_ids, queue_ids => v_queue_ids);
  end if;
end;
$$;

comment on function @extschema@._private_settle_limits() is
$$Internal. What follows for limits when jobs were taken from their workers: queues that are not full any more are
freed, and workers hear of what may start. Locks: queue rows in id order, passing over those in use.$$;
