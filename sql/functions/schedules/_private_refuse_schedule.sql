create or replace function @extschema@._private_refuse_schedule(
  schedule @extschema@._private_schedules,
  problem text,
  now timestamptz
) returns void
language plpgsql volatile
as $$
begin
  if schedule.task_identifier is not null then
    insert into @extschema@._private_schedules as s (identifier, cron, task_identifier, file)
    values (schedule.identifier, schedule.cron, schedule.task_identifier, schedule.file)
    on conflict on constraint _private_schedules_pkey do nothing;
  end if;
  update @extschema@._private_schedules as s
  set
    cron = coalesce(schedule.cron, s.cron), time_zone = coalesce(schedule.time_zone, s.time_zone),
    file = schedule.file, line = schedule.line, is_in_file = true, published_at = schedule.published_at,
    next_tick = null, error = problem, error_at = now, updated_at = now, updated_by = session_user
  where
    s.identifier = schedule.identifier and s.file is not null
    and (s.published_at > schedule.published_at) is not true;
end;
$$;

comment on function @extschema@._private_refuse_schedule(@extschema@._private_schedules, text, timestamptz) is
$$Internal. Keeps an entry of a crontab that is refused, so that it is listed with its error, and not due by what stood
there before. One of which not even the task can be read is kept when it was there; one that set_schedule has made is
left alone, and so is what a worker has published that started later. Locks: the schedule.$$;
