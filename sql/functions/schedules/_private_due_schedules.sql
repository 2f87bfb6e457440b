create or replace function @extschema@._private_due_schedules(
  now timestamptz,
  max_ticks integer,
  crontabs text[]
) returns table (identifier text, tick timestamptz)
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_schedule @extschema@._private_schedules;
  v_oldest timestamptz;
  v_code text;
  v_message text;
  v_hint text;
  v_left integer := max_ticks;
begin
  for v_schedule in
    select s.*
    from @extschema@._private_schedules as s
    where
      s.next_tick <= _private_due_schedules.now
      and case
        when s.file is null then true
        when crontabs is null then s.is_in_file
        else s.identifier = any(crontabs)
      end
    order by s.next_tick, s.identifier
    limit max_ticks
    for no key update skip locked
  loop
    exit when v_left <= 0;
    identifier := v_schedule.identifier;
    v_code := null;
    -- Its pause is over, or it had no next tick before that.
    if v_schedule.paused_at is not null then
      v_schedule.paused_at := null;
      v_schedule.paused_until := null;
    end if;
    begin
      v_oldest := now - greatest(v_schedule.backfill, interval '5 minutes');
      if v_schedule.next_tick < v_oldest then
        v_schedule.next_tick := @extschema@._private_schedule_next(schedule => v_schedule, after => v_oldest);
      end if;
      while v_schedule.next_tick <= now and v_left > 0 loop
        tick := v_schedule.next_tick;
        v_schedule.next_tick := @extschema@._private_schedule_next(schedule => v_schedule, after => tick);
        v_left := v_left - 1;
        return next;
      end loop;
    exception
      when others or assert_failure then
        if @extschema@._private_may_pass(error_code => sqlstate) then
          raise;
        end if;
        get stacked diagnostics
          v_code = returned_sqlstate, v_message = message_text, v_hint = pg_exception_hint;
        v_schedule.next_tick := null;
    end;
    update @extschema@._private_schedules as s
    set
      next_tick = v_schedule.next_tick,
      paused_at = v_schedule.paused_at,
      paused_by = case when v_schedule.paused_at is not null then s.paused_by end,
      paused_until = v_schedule.paused_until,
      reason = case when v_schedule.paused_at is not null then s.reason end,
      error = case when v_code is null then s.error else concat_ws('. ', rtrim(v_message, '.'), nullif(v_hint, '')) end,
      error_at = case when v_code is null then s.error_at else now end
    where s.identifier = v_schedule.identifier;
  end loop;
end;
$$;

comment on function @extschema@._private_due_schedules(timestamptz, integer, text[]) is
$$Internal. Takes schedules that are due, but for those that somebody else holds, and moves them on: a row for each tick
up to now, those more than backfill (5 minutes if less) ago left out. One whose next tick can't be told for an error
keeps that, and has none. Locks: the schedules, which it does not wait for.$$;
