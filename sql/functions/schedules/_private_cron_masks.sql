create or replace function @extschema@._private_cron_masks(
  expression text,
  out minutes bigint,
  out hours bigint,
  out days bigint,
  out months bigint,
  out weekdays bigint
)
language plpgsql immutable
as $$
declare
  v_fields constant text[] := regexp_split_to_array(btrim(expression, E' \t\n\r'), '[[:space:]]+');
begin
  if expression is null or cardinality(v_fields) <> 5 then
    raise exception using
      errcode = 'GWBSC',
      message = format(
        'bad cron expression %s: it has %s fields', coalesce(quote_literal(left(expression, 200)), 'null'),
        case when btrim(coalesce(expression, '')) = '' then 0 else cardinality(v_fields) end
      ),
      hint = 'Write five: minute, hour, day of the month, month, day of the week; there are no names such as @daily.';
  end if;
  minutes := @extschema@._private_cron_field(expression, v_fields[1], 'minute', 0, 59);
  hours := @extschema@._private_cron_field(expression, v_fields[2], 'hour', 0, 23);
  days := @extschema@._private_cron_field(expression, v_fields[3], 'day of the month', 1, 31);
  months := @extschema@._private_cron_field(expression, v_fields[4], 'month', 1, 12);
  weekdays := @extschema@._private_cron_field(expression, v_fields[5], 'day of the week', 0, 6);
  -- Where both day fields are restricted one is enough, and every month has every weekday. A leap year has every day
  -- that there ever is.
  if
    (weekdays = 127 or days = 4294967294)
    and not (
      days & 1073741822 <> 0 or (days & 1073741824 <> 0 and months & 8186 <> 0)
      or (days & 2147483648 <> 0 and months & 5546 <> 0)
    )
  then
    raise exception using
      errcode = 'GWBSC',
      message = format('cron expression %L is never due: there is no day %s in month %s',
        left(expression, 200), v_fields[3], v_fields[4]),
      hint = 'Name a day that the month has.';
  end if;
end;
$$;

comment on function @extschema@._private_cron_masks(text) is
$$Internal. The values of the five fields of a cron expression, each as a mask: bit n for the value n, weekdays counted
from Sunday, 0. Raises GWBSC when it can't be read, or never is due.$$;
