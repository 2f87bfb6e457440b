create or replace function @extschema@._private_wake_limited(task_ids integer[]) returns void
language plpgsql volatile
as $$
declare
  v_open_task_ids integer[];
  v_count integer;
  v_due record;
begin
  -- Where a rate leaves no room for now, nobody knows when it does: those who asked were told that too many run.
  select array_agg(r.task_id), sum(greatest(r.room, 1)) into v_open_task_ids, v_count
  from @extschema@._private_task_rooms(task_ids => _private_wake_limited.task_ids, clock => clock_timestamp()) as r
  where r.room > 0 or (r.running < r.max_running and r.free_at is not null);
  if v_open_task_ids is null then
    return;
  end if;
  v_due := @extschema@._private_tasks_due(task_ids => v_open_task_ids, now => now());
  if cardinality(v_due.due_task_ids) > 0 then
    perform @extschema@._private_notify(job_count => least(v_count, 1000));
  end if;
end;
$$;

comment on function @extschema@._private_wake_limited(integer[]) is
$$Internal. Notifies jobs:insert where one of these tasks is limited, and has room now for what is due, or will have it
by its rate. For whoever has
handed in jobs, or taken them back from a dead worker. Errors: GWBNS.$$;
