create or replace function @extschema@.next_schedule(
  crontabs text[] default null,
  now timestamptz default null
) returns table (identifier text, tick timestamptz, due_in interval)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
begin
  return query
  select s.identifier, s.next_tick, s.next_tick - @extschema@._private_schedule_now(now => next_schedule.now)
  from @extschema@._private_schedules as s
  where
    s.next_tick is not null
    and case
      when s.file is null then true
      when crontabs is null then s.is_in_file
      else s.identifier = any(crontabs)
    end
  order by s.next_tick, s.identifier
  limit 1;
end;
$$;

comment on function @extschema@.next_schedule(text[], timestamptz) is
$$Returns which schedule is due next, when, and how long that is from now, negative when it is overdue; no row when none
is. Whoever schedules sleeps for so long, but no more than a minute, unless schedules:change is notified. crontabs, now:
as in schedule_due_jobs. Locks: none. Errors: GWBTK.$$;
