create or replace function @extschema@.next_ticks(
  expression text,
  after timestamptz default now(),
  time_zone text default 'UTC',
  count integer default 1
) returns setof timestamptz
language plpgsql stable rows 10 security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_masks record;
  v_zone text;
  v_start date;
  v_year integer;
  v_month integer;
  v_first date;
  v_midnight timestamp;
  v_begin timestamptz;
  v_hour_begin timestamptz;
  v_weekday integer;
  v_either boolean;
  v_is_day boolean;
  v_is_weekday boolean;
  v_is_plain boolean := true;
  v_left integer := count;
  -- Clients' dates end there, in UTC.
  v_end constant timestamptz := timestamptz '10000-01-01 00:00+00';
  v_tick timestamptz;
  v_waiting timestamptz[] := array[]::timestamptz[];
begin
  after := coalesce(after, now());
  perform @extschema@._private_check_instants(name => 'after', instants => array[after]);
  if count is null or count not between 1 and 10000 then
    raise exception using
      errcode = 'GWBLM',
      message = format('bad count %s', coalesce(count::text, 'null')),
      hint = 'It is 1 to 10000.';
  end if;
  select m.* into v_masks from @extschema@._private_cron_masks(expression) as m;
  v_zone := @extschema@._private_time_zone(time_zone);
  v_either := v_masks.days <> 4294967294 and v_masks.weekdays <> 127;
  -- A day that clocks skip as a whole is due on the next one.
  v_start := greatest(after at time zone v_zone, timestamp '0001-01-03')::date
    - case v_zone when 'UTC' then 0 else 2 end;
  v_year := date_part('year', v_start);
  v_month := date_part('month', v_start);

  while v_year <= 9999 loop
    if v_masks.months >> v_month & 1 = 1 then
      v_first := make_date(v_year, v_month, 1);
      v_weekday := date_part('dow', v_first);
      for v_day in
        greatest(v_start - v_first + 1, 1) .. (v_first + interval '1 month')::date - v_first
      loop
        v_is_day := v_masks.days >> v_day & 1 = 1;
        v_is_weekday := v_masks.weekdays >> ((v_weekday + v_day - 1) % 7) & 1 = 1;
        continue when not (v_is_day and v_is_weekday or v_either and (v_is_day or v_is_weekday));
        v_midnight := v_first + v_day - 1;
        v_begin := v_midnight at time zone v_zone;
        if v_zone <> 'UTC' then
          -- No clock is changed on this day or its neighbours.
          v_is_plain :=
            (v_midnight + interval '2 days') at time zone v_zone - (v_midnight - interval '1 day') at time zone v_zone
            = interval '3 days';
        end if;

        if cardinality(v_waiting) > 0 then
          foreach v_tick in array v_waiting loop
            exit when not v_is_plain and v_tick >= v_begin - interval '24 hours';
            return next v_tick;
            v_left := v_left - 1;
            if v_left = 0 then
              return;
            end if;
            after := v_tick;
          end loop;
          v_waiting := array(select w.tick from unnest(v_waiting) as w (tick) where w.tick > after order by w.tick);
        end if;

        if not v_is_plain then
          -- What it gives may lie on the next day, so it waits until nothing earlier can come.
          v_waiting := array(
            select distinct w.tick
            from unnest(
              v_waiting || @extschema@._private_changed_day(
                day => v_midnight::date, minutes => v_masks.minutes, hours => v_masks.hours, time_zone => v_zone
              )
            ) as w (tick)
            where w.tick > after
            order by w.tick
          );
          continue;
        end if;
        continue when v_begin + interval '24 hours' <= after;
        for v_hour in 0..23 loop
          continue when v_masks.hours >> v_hour & 1 = 0;
          v_hour_begin := v_begin + v_hour * interval '1 hour';
          continue when v_hour_begin + interval '59 minutes' <= after;
          for v_minute in 0..59 loop
            if v_masks.minutes >> v_minute & 1 = 1 then
              v_tick := v_hour_begin + v_minute * interval '1 minute';
              if v_tick > after then
                if v_tick >= v_end then
                  return;
                end if;
                return next v_tick;
                v_left := v_left - 1;
                if v_left = 0 then
                  return;
                end if;
              end if;
            end if;
          end loop;
        end loop;
      end loop;
    end if;
    v_year := v_year + v_month / 12;
    v_month := v_month % 12 + 1;
  end loop;
  return query select w.tick from unnest(v_waiting) as w (tick) where w.tick < v_end order by w.tick limit v_left;
end;
$$;

comment on function @extschema@.next_ticks(text, timestamptz, text, integer) is
$$Returns when a cron expression is due after an instant: the next count ticks, in order.

expression: minute, hour, day of the month, month, day of the week, each `*`, `*/n`, `n`, `a-b` or several of these with
commas; weekdays are 0 (Sunday) to 6, 7 is Sunday, too. When both day fields are restricted, one is enough. time_zone: a
name as in Europe/Paris. Where its clocks are changed, an expression that names hours is due once for every time that it
names: an hour that is skipped is moved by as much as the clocks are, of an hour that comes twice the first counts; one
for every hour follows the time that passes. count: 1 to 10000; fewer are returned where the year 9999 ends, in UTC.

Errors: GWBSC (an expression that can't be read, or is never due), GWBTZ, GWBTI, GWBLM.$$;
