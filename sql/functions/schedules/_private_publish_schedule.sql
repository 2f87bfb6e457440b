create or replace function @extschema@._private_publish_schedule(
  schedule @extschema@._private_schedules,
  now timestamptz
) returns void
language plpgsql volatile
as $$
declare
  v_old @extschema@._private_schedules;
  v_known @extschema@._private_known_crontabs;
begin
  -- Again when somebody has just removed the one that was there.
  loop
    insert into @extschema@._private_schedules as s (identifier, cron, task_identifier, file)
    values (schedule.identifier, schedule.cron, schedule.task_identifier, schedule.file)
    on conflict on constraint _private_schedules_pkey do nothing;
    select s.* into v_old
    from @extschema@._private_schedules as s
    where s.identifier = schedule.identifier
    for update;
    exit when found;
  end loop;
  if v_old.file is null then
    raise exception using
      errcode = 'GWROS',
      message = format('schedule %L was set by set_schedule', schedule.identifier),
      hint = 'Remove one of the two, or give the crontab''s an id of its own.';
  elsif v_old.published_at > schedule.published_at then
    return;
  end if;

  insert into @extschema@._private_known_crontabs as k (identifier, known_since)
  values (schedule.identifier, now)
  on conflict do nothing;
  select k.* into v_known
  from @extschema@._private_known_crontabs as k
  where k.identifier = schedule.identifier;
  schedule.paused_at := v_old.paused_at;
  schedule.paused_until := v_old.paused_until;
  schedule.next_tick := @extschema@._private_schedule_next(
    schedule => schedule,
    after => greatest(
      coalesce(v_known.last_execution, v_known.known_since),
      now - greatest(schedule.backfill, interval '5 minutes'),
      -- What lies before the next tick is dealt with: left out by a pause, perhaps.
      case when v_old.next_tick is not null then least(v_old.next_tick, now) - interval '1 microsecond' end
    )
  );
  update @extschema@._private_schedules as s
  set
    cron = schedule.cron, time_zone = schedule.time_zone, task_identifier = schedule.task_identifier,
    payload = schedule.payload, queue_name = schedule.queue_name, priority = schedule.priority,
    max_attempts = schedule.max_attempts, job_key = schedule.job_key, job_key_mode = schedule.job_key_mode,
    backfill = schedule.backfill, file = schedule.file, line = schedule.line, is_in_file = true,
    published_at = schedule.published_at, next_tick = schedule.next_tick, error = null, error_at = null,
    updated_at = now, updated_by = session_user
  where s.identifier = schedule.identifier;
end;
$$;

comment on function @extschema@._private_publish_schedule(@extschema@._private_schedules, timestamptz) is
$$Internal. Keeps a schedule of a crontab, in the place of what stood in one under its identifier, unless a worker said
that which started later. What is made up for
begins after its last tick, or when it was first seen. Raises GWROS when set_schedule has made it. Locks: the schedule,
then its row of crontabs.$$;
