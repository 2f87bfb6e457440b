create or replace function @extschema@.pause_schedule(
  identifier text,
  reason text default null,
  until timestamptz default null
) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule @extschema@._private_schedules;
  v_now constant timestamptz := @extschema@._private_schedule_now(now => null);
  v_is_new boolean;
begin
  perform @extschema@._private_check_instants(name => 'until', instants => array[until]);
  v_schedule := @extschema@._private_find_schedule(identifier => identifier);
  v_is_new := v_schedule.paused_at is null or coalesce(v_schedule.paused_until <= v_now, false);
  v_schedule.paused_at := case when v_is_new then v_now else v_schedule.paused_at end;
  v_schedule.paused_until := until;
  update @extschema@._private_schedules as s
  set
    paused_at = v_schedule.paused_at,
    paused_by = case when v_is_new then session_user else s.paused_by end,
    paused_until = until,
    reason = case when v_is_new then pause_schedule.reason else coalesce(pause_schedule.reason, s.reason) end,
    next_tick = @extschema@._private_schedule_next(schedule => v_schedule, after => v_now)
  where s.identifier = pause_schedule.identifier;
  perform @extschema@._private_notify_schedules(identifier => identifier);
  return v_is_new;
end;
$$;

comment on function @extschema@.pause_schedule(text, text, timestamptz) is
$$Keeps a schedule from adding jobs, one that stands in a crontab, too; until an instant, or until resume_schedule. Once
this returns none is added any more; the ticks of the pause are not made up for. True when it was not paused before;
else until and a new reason replace the old ones. list_paused lists it. Node's workers do not know of it. Notifies:
schedules:change. Locks: the schedule. Errors: GWUSC, GWBTI; GWBSC or GWBTZ when what follows until can't be told.$$;
