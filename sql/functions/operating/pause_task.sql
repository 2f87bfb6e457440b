create or replace function @extschema@.pause_task(
  task_identifier text,
  reason text default null,
  until timestamptz default null
) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_is_new boolean;
begin
  perform @extschema@._private_check_job(
    identifier => task_identifier, queue_name => null, max_attempts => null, job_key => null, priority => null,
    flags => null
  );
  perform @extschema@._private_check_until(until => pause_task.until);
  -- One that is over, and has not been swept away, is none.
  delete from @extschema@._private_paused_tasks as p
  where p.task_identifier = pause_task.task_identifier and p.until <= now();
  insert into @extschema@._private_paused_tasks as p (task_identifier, reason, until)
  values (pause_task.task_identifier, pause_task.reason, pause_task.until)
  on conflict on constraint _private_paused_tasks_pkey do update
  set reason = coalesce(excluded.reason, p.reason), until = excluded.until
  -- Zero in a row that was inserted, the updating transaction in one that was there.
  returning p.xmax = 0 into v_is_new;
  -- Workers who have heard of another end, or none, are to hear of this one.
  if not v_is_new and until is not null then
    perform @extschema@._private_notify(job_count => 1);
  end if;
  return v_is_new;
end;
$$;

comment on function @extschema@.pause_task(text, text, timestamptz) is
$$Keeps workers from claiming jobs of this task until resume_task, or that instant; those that run go on to their end.
The task need not exist yet. True when it was not paused before; else a new reason replaces the old one, and until, null
for no end, what was set before. Only workers of this project look at pauses. Notifies, of another end: jobs:insert.
Locks: the row of the pause. Errors: GWBID, GWBTI, GWBNS.$$;
