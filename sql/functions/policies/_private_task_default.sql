create or replace function @extschema@._private_task_default(task_identifier text, name text) returns integer
language plpgsql stable
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
begin
  return (
    select case _private_task_default.name when 'max_attempts' then p.max_attempts when 'priority' then p.priority end
    from @extschema@._private_effective_policies(array[_private_task_default.task_identifier]) as p
  );
end;
$$;

comment on function @extschema@._private_task_default(text, text) is
$$Internal. What the policy of a task says of its jobs that are added without max_attempts, or priority; null for
nothing.$$;
