create or replace function @extschema@._private_schedule_now(now timestamptz default null) returns timestamptz
language plpgsql volatile
as $$
declare
  v_clock constant timestamptz := clock_timestamp();
begin
  if now is not null and (not isfinite(now) or now > v_clock + interval '5 minutes') then
    raise exception using
      errcode = 'GWBTK',
      message = format('bad now %L', now),
      hint = format(
        'It is at most 5 minutes ahead of the server''s clock, which says %s: set the clock that is wrong, or leave it '
        'out.', v_clock
      );
  end if;
  return coalesce(now, v_clock);
end;
$$;

comment on function @extschema@._private_schedule_now(timestamptz) is
$$Internal. What time it is for schedules: as the caller says, or the server's clock. Raises GWBTK for an instant that
is not finite, or more than 5 minutes ahead of that: it would use up ticks to come.$$;
