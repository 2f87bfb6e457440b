create or replace function @extschema@.publish_limits(
  tasks json default null,
  queues json default null,
  started_at timestamptz default now()
) returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Nobody has started later than now, whatever a clock says.
  v_started_at constant timestamptz := least(coalesce(started_at, now()), now());
  v_limit record;
  v_fault text;
  v_value record;
  v_kind text;
  v_name text;
  v_found integer;
  v_count integer := 0;
begin
  if coalesce(json_typeof(tasks), 'object') <> 'object' or coalesce(json_typeof(queues), 'object') <> 'object' then
    raise exception using
      errcode = 'GWBRT',
      message = format('tasks are %s, queues %s', json_typeof(tasks), json_typeof(queues)),
      hint = 'Each is an object: {"task": {"max_running": 3, "rate": 100, "per": "1 minute"}}, or null.';
  end if;
  -- Before any limit, as who is just making the room may wait for one that would be locked here; not to take one back.
  if exists (select from json_each(tasks) as e where e.value::text !~ '^{\s*}$') then
    perform @extschema@._private_use_room('task limits');
  end if;
  if exists (select from json_each(queues) as e where e.value::text !~ '^{\s*}$') then
    perform @extschema@._private_use_room('queue limits');
  end if;
  for v_limit in
    select u.kind, u.name, u.value
    from (
      select 'task' as kind, t.key as name, t.value::jsonb as value from json_each(tasks) as t
      union all
      select 'queue', q.key, q.value::jsonb from json_each(queues) as q
    ) as u
    order by u.kind desc, u.name
  loop
    begin
      v_fault := case
        when jsonb_typeof(v_limit.value) <> 'object' then 'it is not an object'
        when v_limit.value - array['max_running', 'width', 'rate', 'per', 'burst', 'weight_by', 'share'] <> '{}'
          or v_limit.value ?| case v_limit.kind when 'task' then array['width', 'share'] else array['max_running'] end
          then 'an attribute is unknown'
      end;
      if v_fault is null then
        select coalesce(r.max_running, r.width) as max_running, r.rate, r.per, r.burst, r.weight_by, r.share
        into v_value
        from jsonb_to_record(v_limit.value) as r (
          max_running integer, width integer, rate double precision, per interval, burst integer, weight_by text,
          share double precision
        );
      end if;
    exception
      when data_exception then
        v_fault := sqlerrm;
    end;
    if v_fault is not null then
      raise exception using
        errcode = 'GWBRT',
        message = format(
          'bad limit %s of %s %L: %s', left(v_limit.value::text, 200), v_limit.kind, v_limit.name, v_fault
        ),
        hint = 'A limit is an object of max_running (of a task), width and share (of a queue), rate, per, burst, '
          || 'weight_by.';
    end if;
    perform @extschema@._private_check_limit(
      kind => v_limit.kind, name => v_limit.name, max_running => v_value.max_running, rate => v_value.rate,
      per => v_value.per, burst => v_value.burst, weight_by => v_value.weight_by, share => v_value.share
    );
    v_kind := case when v_limit.kind = 'queue' and v_limit.name like '%*' then 'pattern' else v_limit.kind end;
    v_name := case when v_kind = 'pattern' then rtrim(v_limit.name, '*') else v_limit.name end;

    if v_value is null then
      delete from @extschema@._private_limits as l
      where l.kind = v_kind and l.name = v_name and l.origin = 'worker' and l.set_at <= v_started_at;
      get diagnostics v_found = row_count;
      if v_found > 0 and v_kind <> 'task' then
        insert into @extschema@._private_limits (kind, name, origin)
        values (v_kind, v_name, 'ended')
        on conflict do nothing;
      end if;
    else
      insert into @extschema@._private_limits as l
      (kind, name, origin, max_running, rate, per, burst, weight_by, share, set_at)
      values (
        v_kind, v_name, 'worker', v_value.max_running, v_value.rate, v_value.per, v_value.burst,
        v_value.weight_by, v_value.share, v_started_at
      )
      on conflict on constraint _private_limits_pkey do update
      set
        max_running = excluded.max_running,
        rate = excluded.rate,
        per = excluded.per,
        burst = excluded.burst,
        weight_by = excluded.weight_by,
        share = excluded.share,
        set_at = excluded.set_at,
        set_by = excluded.set_by
      where l.set_at <= excluded.set_at;
      get diagnostics v_found = row_count;
    end if;
    v_count := v_count + v_found;
  end loop;
  if exists (select from json_each(queues)) then
    perform @extschema@._private_reopen_queues();
  end if;
  return v_count;
end;
$$;

comment on function @extschema@.publish_limits(json, json, timestamptz) is
$$Says what limits the code of a worker wants for its tasks and queues, once, when it starts; what an operator has set
comes before it (limit_task, limit_queue). tasks, queues: objects by name, {"task": {"max_running": 3, "rate": 100,
"per": "1 minute", "burst": 20, "weight_by": "cost"}} and {"tenant:*": {"width": 2}}; an empty one takes back what
workers have said before; null for none. What is not named stays as it is. started_at: when the worker started, now when
null. What a worker has said that started later stays. Returns how many limits it took. Safe to repeat. Locks: rows of
rooms, for key share; limits, tasks first, in the order of their names; then queue rows in id order, passing over those
in use. Errors: GWBID, GWBQN, GWBPT, GWBWD, GWBRT.$$;
