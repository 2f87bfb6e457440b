create or replace function @extschema@.resume_task(task_identifier text) returns boolean
language plpgsql volatile strict security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_ready bigint;
begin
  delete from @extschema@._private_paused_tasks as p where p.task_identifier = resume_task.task_identifier;
  if not found then
    return false;
  end if;
  select a.ready into v_ready
  from @extschema@._private_tasks as t
  cross join lateral @extschema@._private_count_available(task_id => t.id, count_limit => 1000) as a
  where t.identifier = resume_task.task_identifier;
  -- At least one: a job that is becoming due right now is none yet.
  perform @extschema@._private_notify(job_count => greatest(v_ready, 1)::integer);
  return true;
end;
$$;

comment on function @extschema@.resume_task(text) is
$$Ends what pause_task began; false when the task was not paused. Notifies: jobs:insert, with the number of its jobs
that are ready, up to 1000, so that idle workers look at once, unless the setting graphile_worker.notify says otherwise.
Locks: the row of the pause. Errors: GWBNS.$$;
