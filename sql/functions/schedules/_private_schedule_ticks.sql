create or replace function @extschema@._private_schedule_ticks(
  schedule @extschema@._private_schedules,
  tick_count integer,
  after timestamptz
) returns timestamptz[]
language plpgsql stable
as $$
declare
  v_ticks timestamptz[] := array[]::timestamptz[];
  v_tick timestamptz;
begin
  v_tick := case
    when after is null then schedule.next_tick
    else @extschema@._private_schedule_next(schedule => schedule, after => after)
  end;
  while v_tick is not null and cardinality(v_ticks) < tick_count loop
    v_ticks := v_ticks || v_tick;
    v_tick := @extschema@._private_schedule_next(schedule => schedule, after => v_tick);
  end loop;
  return v_ticks;
exception
  when others then
    return v_ticks;
end;
$$;

comment on function @extschema@._private_schedule_ticks(@extschema@._private_schedules, integer, timestamptz) is
$$Internal. The next ticks of a schedule, those to come or after an instant: so many, or fewer where no more come or
an error is in the way. Raises nothing.$$;
