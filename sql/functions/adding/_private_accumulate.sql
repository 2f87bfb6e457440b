create or replace function @extschema@._private_accumulate(old json, new json) returns json
language plpgsql immutable
as $$
begin
  -- One after the other: SQL may evaluate json_array_length before it knows that both are arrays.
  if json_typeof(old) <> 'array' or json_typeof(new) <> 'array' then
    return new;
  elsif json_array_length(old) = 0 then
    return new;
  elsif json_array_length(new) = 0 then
    return old;
  end if;
  -- On text, not through jsonb, which refuses \u0000 and forgets the order and repetition of object keys.
  return (left(rtrim(old::text, E' \t\r\n'), -1) || ',' || substr(ltrim(new::text, E' \t\r\n'), 2))::json;
end;
$$;

comment on function @extschema@._private_accumulate(json, json) is
$$Internal. The payload of a keyed job that is added again: both arrays one after the other when both are arrays
(a batch that accumulates), else the new one.$$;
