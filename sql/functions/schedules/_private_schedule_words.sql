create or replace function @extschema@._private_schedule_words(schedule @extschema@._private_schedules) returns text
language plpgsql stable
as $$
declare
  v_seconds numeric;
begin
  if schedule.cron is not null then
    return @extschema@._private_cron_words(expression => schedule.cron)
      || case when schedule.time_zone = 'UTC' then '' else format(' (%s)', schedule.time_zone) end;
  elsif schedule.every is null then
    return 'when a function of its worker says';
  end if;
  v_seconds := extract(epoch from schedule.every);
  return (
    select
      case when v_seconds = u.size then format('every %s', u.name)
        else format('every %s %ss', (v_seconds / u.size)::float8, u.name)
      end
    from (values ('week', 604800), ('day', 86400), ('hour', 3600), ('minute', 60), ('second', 1)) as u (name, size)
    where v_seconds % u.size = 0 or u.size = 1
    order by u.size desc
    limit 1
  );
exception
  when others then
    return schedule.cron;
end;
$$;

comment on function @extschema@._private_schedule_words(@extschema@._private_schedules) is
$$Internal. When a schedule is due, in words: "at 08:00 on Monday (Europe/Vienna)", "every 10 seconds". Raises nothing:
what can't be read is told as it is.$$;
