create or replace function @extschema@.resume_task(task_identifier text) returns boolean
language plpgsql volatile strict security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from @extschema@._private_paused_tasks as p
  where p.task_identifier = resume_task.task_identifier and (p.until > now()) is not false;
  if not found then
    return false;
  end if;
  perform @extschema@._private_notify_task(task_identifier => task_identifier);
  return true;
end;
$$;

comment on function @extschema@.resume_task(text) is
$$Ends what pause_task began; false when the task was not paused. Notifies: jobs:insert, with the number of its jobs
that are ready, up to 1000, so that idle workers look at once, unless the setting graphile_worker.notify says otherwise.
Locks: the row of the pause. Errors: GWBNS.$$;
