create or replace function @extschema@.list_task_policies(task_identifiers text[] default null) returns table (
  task_identifier text,
  timeout interval,
  retry jsonb,
  max_attempts integer,
  priority integer,
  expires_after interval,
  bad_payload text,
  from_operator text[],
  set_at timestamptz,
  set_by text,
  reason text
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select p.*
  from @extschema@._private_effective_policies(
    task_identifiers => coalesce(
      list_task_policies.task_identifiers,
      array(select a.task_identifier from @extschema@._private_task_policies as a)
    )
  ) as p
  order by p.task_identifier
$$;

comment on function @extschema@.list_task_policies(text[]) is
$$Lists the policies of tasks that have one, by name; of these tasks, null for all. Of each value the operator's
(set_task_policy), else that of the worker that started last (publish_task_policies), else null: as without a policy.
from_operator: the names of the values that an operator has set. set_at, set_by, reason: of that, where there is one.$$;
