create or replace function @extschema@._private_wake_limited(task_ids integer[], queue_ids integer[]) returns void
language plpgsql volatile
as $$
declare
  -- As _private_notify reads it; but one that is bad must not undo what was handed in.
  v_setting constant text := coalesce(current_setting('graphile_worker.notify', true), '');
  v_clock constant timestamptz := clock_timestamp();
  v_open_task_ids integer[];
  v_task_count integer;
  v_queue_count integer;
  v_count integer;
  v_due record;
begin
  if v_setting = 'off' then
    return;
  end if;
  if task_ids is not null then
    -- Where a rate leaves no room for now, nobody knows when it does: those who asked were told that too many run.
    select array_agg(r.task_id), sum(greatest(r.room, 1)) into v_open_task_ids, v_task_count
    from @extschema@._private_task_rooms(task_ids => _private_wake_limited.task_ids, clock => v_clock) as r
    where r.room > 0 or (r.running < r.max_running and r.free_at is not null);
    if v_open_task_ids is not null then
      v_due := @extschema@._private_tasks_due(task_ids => v_open_task_ids, now => now());
      v_count := case when cardinality(v_due.due_task_ids) > 0 then v_task_count end;
    end if;
  end if;
  if queue_ids is not null then
    select sum(r.room) into v_queue_count
    from @extschema@._private_queue_rooms(
      queue_ids => @extschema@._private_due_queues(queue_ids => _private_wake_limited.queue_ids, now => now()),
      clock => v_clock
    ) as r
    where r.is_limited and r.room > 0;
  end if;
  v_count := greatest(v_count, v_queue_count);
  if v_count is null then
    return;
  end if;
  if v_setting = 'sparse' and not pg_try_advisory_xact_lock(hashtextextended('@extschema@ jobs:insert', 0)) then
    return;
  end if;
  perform pg_notify('jobs:insert', '{"r":' || random() || ',"count":' || least(v_count, 1000) || '}');
end;
$$;

comment on function @extschema@._private_wake_limited(integer[], integer[]) is
$$Internal. Notifies jobs:insert where one of these tasks or queues, null for none, is limited, and has room now for
what is due, or a task will have it by its rate. For whoever has handed in jobs, or taken them back from a dead worker:
it never fails, and a bad setting graphile_worker.notify is like none. Locks: see _private_notify.$$;
