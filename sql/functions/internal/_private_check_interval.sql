create or replace function @extschema@._private_check_interval(name text, value interval) returns void
language plpgsql immutable
as $$
begin
  if value is null or value < interval '0' then
    raise exception using
      errcode = 'GWBDU',
      message = format('bad %s %s', name, coalesce(quote_literal(value), 'null')),
      hint = format('%s is an interval of 0 or more, such as ''30 seconds''.', name);
  end if;
end;
$$;

comment on function @extschema@._private_check_interval(text, interval) is
$$Internal. Raises GWBDU when a duration is null or negative.$$;
