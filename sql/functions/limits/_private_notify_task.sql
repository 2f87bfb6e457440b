create or replace function @extschema@._private_notify_task(task_identifier text) returns void
language plpgsql volatile
as $$
declare
  v_ready bigint;
begin
  select a.ready into v_ready
  from @extschema@._private_tasks as t
  cross join lateral @extschema@._private_count_available(task_id => t.id, count_limit => 1000) as a
  where t.identifier = _private_notify_task.task_identifier;
  -- At least one: a job that is becoming due right now is none yet.
  perform @extschema@._private_notify(job_count => greatest(v_ready, 1)::integer);
end;
$$;

comment on function @extschema@._private_notify_task(text) is
$$Internal. Notifies jobs:insert of what is ready of a task, up to 1000, once something no longer holds it back.
Errors: GWBNS.$$;
