create or replace function @extschema@._private_cron_words(expression text) returns text
language plpgsql immutable
as $$
declare
  v_masks record;
  v_minutes integer[];
  v_hours integer[];
  v_minute_step integer;
  v_hour_step integer;
  v_time text;
  v_hour text;
  v_days text;
  v_weekdays text;
  v_on text;
  v_months text;
begin
  select m.* into v_masks from @extschema@._private_cron_masks(expression => expression) as m;
  v_minutes := array(select b.value from generate_series(0, 59) as b (value) where v_masks.minutes >> b.value & 1 = 1);
  v_hours := array(select b.value from generate_series(0, 23) as b (value) where v_masks.hours >> b.value & 1 = 1);
  -- Every so many, from 0 on, also over the end.
  v_minute_step := 60 / cardinality(v_minutes);
  if v_minutes <> array(select generate_series(0, 59, v_minute_step)) or 60 % v_minute_step <> 0 then
    v_minute_step := null;
  end if;
  v_hour_step := 24 / cardinality(v_hours);
  if v_hours <> array(select generate_series(0, 23, v_hour_step)) or 24 % v_hour_step <> 0 then
    v_hour_step := null;
  end if;

  if cardinality(v_hours) < 24 and cardinality(v_minutes) * cardinality(v_hours) <= 6 then
    v_time := 'at ' || (
      select @extschema@._private_enumerate(items => array_agg(t.told order by t.told))
      from (
        select lpad(h.hour::text, 2, '0') || ':' || lpad(n.minute::text, 2, '0') as told
        from unnest(v_hours) as h (hour)
        cross join unnest(v_minutes) as n (minute)
      ) as t
    );
  else
    v_time := case
      when v_minute_step = 1 then 'every minute'
      when v_minute_step < 60 then format('every %s minutes', v_minute_step)
      else format(
        'at %s %s', case cardinality(v_minutes) when 1 then 'minute' else 'minutes' end,
        @extschema@._private_cron_list(mask => v_masks.minutes)
      )
    end;
    v_hour := case
      when v_hour_step = 1 then case when v_minute_step < 60 then '' else ' of every hour' end
      when v_hour_step between 2 and 8
        then ' of every ' || v_hour_step || case v_hour_step when 2 then 'nd' when 3 then 'rd' else 'th' end || ' hour'
      else format(
        ' of %s %s', case cardinality(v_hours) when 1 then 'hour' else 'hours' end,
        @extschema@._private_cron_list(mask => v_masks.hours)
      )
    end;
    v_time := v_time || v_hour;
  end if;

  if v_masks.days <> 4294967294 then
    v_days := format(
      'on %s %s of the month', case when v_masks.days & (v_masks.days - 1) = 0 then 'day' else 'days' end,
      @extschema@._private_cron_list(mask => v_masks.days)
    );
  end if;
  if v_masks.weekdays <> 127 then
    -- Sunday, which is 0, comes last.
    v_weekdays := 'on ' || @extschema@._private_cron_list(
      mask => v_masks.weekdays & 126 | ((v_masks.weekdays & 1) << 7),
      names => array['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
    );
  end if;
  if v_masks.months <> 8190 then
    v_months := 'in ' || @extschema@._private_cron_list(
      mask => v_masks.months,
      names => array[
        'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November',
        'December'
      ]
    );
  end if;
  v_on := nullif(concat_ws(' or ', v_days, v_weekdays), '');
  if v_on is null and (v_months is not null or cardinality(v_hours) < 24) then
    v_on := 'every day';
  end if;
  return concat_ws(' ', v_time, v_on, v_months);
end;
$$;

comment on function @extschema@._private_cron_words(text) is
$$Internal. When a cron expression is due, in words: "at 08:00 on Monday". Raises GWBSC.$$;
