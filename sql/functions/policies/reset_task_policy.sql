create or replace function @extschema@.reset_task_policy(task_identifier text) returns boolean
language plpgsql volatile strict security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from @extschema@._private_task_policies as p
  where p.task_identifier = reset_task_policy.task_identifier and p.origin = 'operator';
  return found;
end;
$$;

comment on function @extschema@.reset_task_policy(text) is
$$Takes back all that set_task_policy has set for a task: what its workers say holds again. False when nothing was set.
Locks: the policy.$$;
