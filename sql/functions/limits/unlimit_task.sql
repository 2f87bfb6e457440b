create or replace function @extschema@.unlimit_task(task_identifier text) returns boolean
language plpgsql volatile strict security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from @extschema@._private_limits as l
  where l.kind = 'task' and l.name = unlimit_task.task_identifier and l.origin = 'operator';
  if not found then
    return false;
  end if;
  perform @extschema@._private_notify_task(task_identifier => task_identifier);
  return true;
end;
$$;

comment on function @extschema@.unlimit_task(text) is
$$Takes back all that limit_task has set for a task: what its workers have published holds again, if they have. False
when nothing was set. Notifies: jobs:insert. Locks: the limit. Errors: GWBNS.$$;
