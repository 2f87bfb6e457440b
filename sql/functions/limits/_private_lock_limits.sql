create or replace function @extschema@._private_lock_limits(
  task_ids integer[],
  now timestamptz,
  max_limited integer,
  is_waiting boolean,
  out limited_task_ids integer[],
  out rated_task_ids integer[],
  out weighed_task_ids integer[],
  out rooms integer[],
  out again_at timestamptz,
  out next_due timestamptz,
  out is_held_back boolean,
  out is_missed boolean
)
language plpgsql volatile
as $$
declare
  v_due record;
  v_names text[];
  v_locked text[];
  v_open_task_ids integer[];
  v_open_rooms integer[];
begin
  is_held_back := false;
  is_missed := false;
  -- From the limits, which are fewer as a rule; what runs is counted below, of what is due.
  select
    array_agg(t.id), array_agg(t.id) filter (where l.rate is not null),
    array_agg(t.id) filter (where l.rate is not null and l.weight_by is not null)
  into limited_task_ids, rated_task_ids, weighed_task_ids
  from @extschema@._private_limits_in_force() as l
  inner join @extschema@._private_tasks as t on t.identifier = l.name
  where
    l.kind = 'task' and (l.max_running is not null or l.rate is not null)
    and t.id = any(_private_lock_limits.task_ids);
  if limited_task_ids is null then
    return;
  end if;
  -- The count below has to see what whoever held the limit before has committed.
  perform @extschema@._private_check_isolation('a claim of limited tasks');
  v_due := @extschema@._private_tasks_due(task_ids => limited_task_ids, now => _private_lock_limits.now);
  next_due := v_due.next_due;
  if cardinality(v_due.due_task_ids) > 0 then
    -- Without a lock: where nothing is to be had, nobody is kept from anything.
    v_names := array(
      select r.task_identifier
      from @extschema@._private_task_rooms(task_ids => v_due.due_task_ids, clock => clock_timestamp()) as r
      where r.room > 0 and coalesce(max_limited > 0, true)
    );
    if is_waiting then
      perform @extschema@._private_wait_for_limit(names => v_names);
    end if;
    v_locked := array(
      select l.origin || ' ' || l.name
      from @extschema@._private_limits as l
      where l.kind = 'task' and l.name = any(v_names)
      order by l.name, l.origin
      for no key update skip locked
    );
    select
      array_agg(r.task_id) filter (where not r.is_missed), array_agg(r.room) filter (where not r.is_missed),
      min(r.free_at), coalesce(bool_or(r.room = 0), false), coalesce(bool_or(r.is_missed and r.room > 0), false)
    into v_open_task_ids, v_open_rooms, again_at, is_held_back, is_missed
    from (
      select
        c.task_id, c.room, c.free_at,
        exists(
          select
          from @extschema@._private_limits as l
          where l.kind = 'task' and l.name = c.task_identifier and l.origin || ' ' || l.name <> all(v_locked)
        ) as is_missed
      from @extschema@._private_task_rooms(task_ids => v_due.due_task_ids, clock => clock_timestamp()) as c
    ) as r;
  end if;
  rooms := array(
    select
      case
        when t.id = any(limited_task_ids) then coalesce(v_open_rooms[array_position(v_open_task_ids, t.id)], 0)
      end
    from unnest(task_ids) as t (id)
  );
end;
$$;

comment on function @extschema@._private_lock_limits(integer[], timestamptz, integer, boolean) is
$$Internal. Locks, until the transaction ends, the limits of those of these tasks that have something due and room for
it; none where max_limited is 0. rated_task_ids, weighed_task_ids: those with a rate, and by weights; null for none.
limited_task_ids: those that are limited at all; null for none, and then the rest is null, too. rooms: one per element
of task_ids: how many more jobs of it may be claimed, 0 where nothing of it is due or its limit was not locked, null
where it has none. again_at: when a rate leaves room again for something that is due by now. next_due: when the first
job of those is due that have none by now. is_held_back: whether something is due of a task that is at its limit;
is_missed: whether there is room for it, but the limit was not locked. is_waiting: wait for the first of those, 50 ms at
most. Locks: limits in the order of tasks, passing over those in use. Errors: GWISO.$$;
