create or replace function @extschema@._private_cron_field(
  expression text,
  field text,
  name text,
  lowest integer,
  highest integer
) returns bigint
language plpgsql immutable
as $$
declare
  -- Sunday is 0, and 7 as well.
  v_highest constant integer := case name when 'day of the week' then 7 else highest end;
  v_part text;
  v_parts text[];
  v_from integer;
  v_to integer;
  v_step integer;
  v_mask bigint := 0;
  v_problem text;
  v_hint text;
begin
  if field = '*' then
    return (1::bigint << (highest + 1)) - (1::bigint << lowest);
  end if;
  foreach v_part in array regexp_split_to_array(field, ',') loop
    v_parts := regexp_match(v_part, '^(?:([*])(?:/([0-9]{1,4}))?|([0-9]{1,4})(?:-([0-9]{1,4}))?)$');
    if v_parts is null then
      v_problem := case v_part when '' then format('an empty %s', name) else format('bad %s %L', name, v_part) end;
      v_hint := format(
        'Write *, */n, n or a-b with numbers from %s to %s, or several with commas; there are no names, and no steps '
        'of a range.', lowest, v_highest
      );
      exit;
    end if;
    v_from := coalesce(v_parts[3]::integer, lowest);
    v_to := coalesce(v_parts[4]::integer, v_parts[3]::integer, highest);
    v_step := coalesce(v_parts[2]::integer, 1);
    if v_step not between 1 and highest - lowest + 1 then
      v_problem := format('bad step %s of the %s', v_part, name);
      v_hint := format('A step of this field is */1 to */%s.', highest - lowest + 1);
      exit;
    elsif v_from not between lowest and v_highest or v_to not between lowest and v_highest then
      v_problem := format('bad %s %s', name, case when v_from between lowest and v_highest then v_to else v_from end);
      v_hint := format('It is %s to %s.', lowest, v_highest);
      exit;
    elsif v_from > v_to then
      v_problem := format('bad range %s of the %s: it ends before it begins', v_part, name);
      v_hint := format('Write %s-%s,%s-%s.', v_from, highest, lowest, v_to);
      exit;
    end if;
    while v_from <= v_to loop
      v_mask := v_mask | (1::bigint << case when v_from > highest then lowest else v_from end);
      v_from := v_from + v_step;
    end loop;
  end loop;
  if v_problem is not null then
    raise exception using
      errcode = 'GWBSC',
      message = format('%s in cron expression %L', v_problem, left(expression, 200)),
      hint = v_hint;
  end if;
  return v_mask;
end;
$$;

comment on function @extschema@._private_cron_field(text, text, text, integer, integer) is
$$Internal. The values of one field of a cron expression, a comma list of `*`, `*/n`, `n` and `a-b`, as a mask: bit n
for the value n. expression and name are for messages. Raises GWBSC.$$;
