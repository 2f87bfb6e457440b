create or replace function @extschema@.resume_schedule(identifier text) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule @extschema@._private_schedules;
  v_now constant timestamptz := @extschema@._private_schedule_now(now => null);
  v_was_paused boolean;
  v_last timestamptz;
begin
  v_schedule := @extschema@._private_find_schedule(identifier => identifier);
  v_was_paused := v_schedule.paused_at is not null
    and (v_schedule.paused_until is null or v_schedule.paused_until > v_now);
  if not v_was_paused and v_schedule.next_tick is not null then
    return false;
  end if;
  v_schedule.paused_at := null;
  v_schedule.paused_until := null;
  select k.last_execution into v_last
  from @extschema@._private_known_crontabs as k
  where k.identifier = resume_schedule.identifier;
  update @extschema@._private_schedules as s
  set
    paused_at = null, paused_by = null, paused_until = null, reason = null, error = null, error_at = null,
    next_tick = @extschema@._private_schedule_next(schedule => v_schedule, after => greatest(v_last, v_now))
  where s.identifier = resume_schedule.identifier;
  perform @extschema@._private_notify_schedules(identifier => identifier);
  return v_was_paused;
end;
$$;

comment on function @extschema@.resume_schedule(text) is
$$Ends what pause_schedule began: jobs are added from the next tick on. False when it was not paused. One whose next
tick could not be told for an error is tried anew. Notifies: schedules:change. Locks: the schedule. Errors: GWUSC, and
GWBSC or GWBTZ when the next tick can't be told.$$;
