create or replace function @extschema@._private_check_interval(name text, value interval) returns void
language plpgsql immutable
as $$
begin
  -- Nor one that brings no instant, or infinity: what is due then is never due.
  if (value between interval '0' and interval '1000 years') is not true then
    raise exception using
      errcode = 'GWBDU',
      message = format('bad %s %s', name, coalesce(quote_literal(value), 'null')),
      hint = format('%s is an interval of 0 to 1000 years, such as ''30 seconds''.', name);
  end if;
end;
$$;

comment on function @extschema@._private_check_interval(text, interval) is
$$Internal. Raises GWBDU when a duration is null, negative or above 1000 years.$$;
