create or replace function @extschema@._private_effective_policies(task_identifiers text[]) returns table (
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
language sql stable
as $$
  select
    n.name,
    coalesce(o.timeout, w.timeout),
    coalesce(o.retry, w.retry),
    coalesce(o.max_attempts, w.max_attempts),
    coalesce(o.priority, w.priority),
    coalesce(o.expires_after, w.expires_after),
    coalesce(o.bad_payload, w.bad_payload),
    array_remove(
      array[
        case when o.timeout is not null then 'timeout' end,
        case when o.retry is not null then 'retry' end,
        case when o.max_attempts is not null then 'max_attempts' end,
        case when o.priority is not null then 'priority' end,
        case when o.expires_after is not null then 'expires_after' end,
        case when o.bad_payload is not null then 'bad_payload' end
      ],
      null
    ),
    coalesce(o.set_at, w.set_at),
    coalesce(o.set_by, w.set_by),
    coalesce(o.reason, w.reason)
  from (select distinct u.name from unnest(task_identifiers) as u (name)) as n
  left join @extschema@._private_task_policies as o on o.task_identifier = n.name and o.origin = 'operator'
  left join @extschema@._private_task_policies as w on w.task_identifier = n.name and w.origin = 'worker'
  where o.origin is not null or w.origin is not null
$$;

comment on function @extschema@._private_effective_policies(text[]) is
$$Internal. The policies that hold for these tasks, of those that have one: of each column the operator's
value, else the workers'. from_operator: the columns with the former. set_at, set_by, reason: of the operator's, where
there is one.$$;
