create or replace function @extschema@._private_schedule_next(
  schedule @extschema@._private_schedules,
  after timestamptz
) returns timestamptz
language plpgsql stable
as $$
declare
  v_anchor constant timestamptz := coalesce(schedule.starts_at, timestamptz '1970-01-01 00:00+00');
  v_every bigint;
  v_since interval;
  v_passed bigint;
  v_tick timestamptz;
begin
  after := greatest(
    after, schedule.starts_at - interval '1 microsecond', schedule.paused_until - interval '1 microsecond'
  );
  if schedule.paused_at is not null and schedule.paused_until is null then
    return null;
  elsif schedule.cron is not null then
    v_tick := @extschema@.next_ticks(
      expression => schedule.cron, after => after, time_zone => schedule.time_zone, count => 1
    );
  elsif schedule.every is not null then
    v_every := (extract(epoch from schedule.every) * 1000000)::bigint;
    v_since := after - v_anchor;
    -- Days apart: before PostgreSQL 14 seconds of centuries come as a float, rounded to more than a microsecond.
    v_passed := extract(day from v_since)::bigint * 86400000000
      + (extract(epoch from v_since - date_trunc('day', v_since)) * 1000000)::bigint;
    v_passed := (floor(v_passed::numeric / v_every) + 1) * v_every;
    -- A day of an interval is not always 24 hours; and so many microseconds as are in 286 years would be rounded.
    v_tick := v_anchor
      + v_passed / 3600000000 * interval '1 hour' + v_passed % 3600000000 * interval '1 microsecond';
  end if;
  -- Clients' dates end there.
  if v_tick >= timestamptz '10000-01-01 00:00+00' or v_tick > schedule.ends_at then
    return null;
  end if;
  return v_tick;
end;
$$;

comment on function @extschema@._private_schedule_next(@extschema@._private_schedules, timestamptz) is
$$Internal. When a schedule is due next after an instant, its pause, start and end looked at; null when never. What
counts time (every) counts from starts_at, else from 1970. Errors: GWBSC, GWBTZ.$$;
