create or replace function @extschema@.publish_task_policies(
  policies json,
  started_at timestamptz default now()
) returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  c_known constant text[] := array['timeout', 'retry', 'max_attempts', 'priority', 'expires_after', 'bad_payload'];
  -- Nobody has started later than now, whatever a clock says.
  v_started_at constant timestamptz := least(coalesce(started_at, now()), now());
  v_fault text;
  v_task record;
  v_policy record;
  v_found integer;
  v_count integer := 0;
begin
  if json_typeof(policies) is distinct from 'object' then
    raise exception using
      errcode = 'GWBPO',
      message = format('policies is %s', coalesce(json_typeof(policies), 'null')),
      hint = 'It is an object: {"task": {"timeout": "5 minutes", "max_attempts": 3}}.';
  end if;
  -- Before any policy: who is just making the room may wait for one that would be locked here.
  if exists (select from json_each(policies) as e where e.value ->> 'expires_after' is not null) then
    perform @extschema@._private_use_room('policies');
    perform @extschema@._private_use_room('expiry');
  end if;
  for v_task in
    select e.key as name, e.value::jsonb as policy from json_each(policies) as e order by e.key
  loop
    begin
      v_fault := case
        when jsonb_typeof(v_task.policy) <> 'object' then 'it is not an object'
        when v_task.policy - c_known <> '{}' then 'an attribute is unknown'
      end;
      if v_fault is null then
        select r.* into v_policy
        from jsonb_to_record(v_task.policy) as r (
          timeout interval, retry jsonb, max_attempts integer, priority integer, expires_after interval,
          bad_payload text
        );
      end if;
    exception
      when data_exception then
        v_fault := sqlerrm;
    end;
    if v_fault is not null then
      raise exception using
        errcode = 'GWBPO',
        message = format('bad policy %s of task %L: %s', left(v_task.policy::text, 200), v_task.name, v_fault),
        hint = 'A policy is an object of ' || array_to_string(c_known, ', ') || '.';
    end if;
    perform @extschema@._private_check_policy(
      task_identifier => v_task.name, timeout => v_policy.timeout, retry => v_policy.retry,
      max_attempts => v_policy.max_attempts, priority => v_policy.priority, expires_after => v_policy.expires_after,
      bad_payload => v_policy.bad_payload
    );

    if v_policy is null then
      delete from @extschema@._private_task_policies as p
      where p.task_identifier = v_task.name and p.origin = 'worker' and p.set_at <= v_started_at;
    else
      perform @extschema@._private_use_room('policies');
      insert into @extschema@._private_task_policies as p
      (task_identifier, origin, timeout, retry, max_attempts, priority, expires_after, bad_payload, set_at)
      values (
        v_task.name, 'worker', v_policy.timeout, v_policy.retry, v_policy.max_attempts, v_policy.priority,
        v_policy.expires_after, v_policy.bad_payload, v_started_at
      )
      on conflict on constraint _private_task_policies_pkey do update
      set
        timeout = excluded.timeout,
        retry = excluded.retry,
        max_attempts = excluded.max_attempts,
        priority = excluded.priority,
        expires_after = excluded.expires_after,
        bad_payload = excluded.bad_payload,
        set_at = excluded.set_at,
        set_by = excluded.set_by
      where p.set_at <= excluded.set_at;
    end if;
    get diagnostics v_found = row_count;
    v_count := v_count + v_found;
  end loop;
  return v_count;
end;
$$;

comment on function @extschema@.publish_task_policies(json, timestamptz) is
$$Says what the code of a worker wants for its tasks, once, when it starts; what an operator has set comes before it.
policies: an object by task, {"task": {"timeout": "5 minutes", "retry": {...}, "max_attempts": 3}}, with the attributes
of set_task_policy; an empty one takes back what workers have said before. Tasks that are not named stay as they are.
started_at: when the worker started, now when null. What a worker has said that started later stays: of two releases
that want different things the one that started last wins, however often each says it. Returns how many policies it
took. Safe to repeat. Locks: rows of rooms, for key share; policies in the order of their tasks. Errors: GWBID, GWBMA,
GWBPR, GWBPO.$$;
