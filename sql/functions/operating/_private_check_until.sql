create or replace function @extschema@._private_check_until(until timestamptz) returns void
language plpgsql stable
as $$
begin
  if until is not null and not (isfinite(until) and until > now()) then
    raise exception using
      errcode = 'GWBTI',
      message = format('bad until %s', until),
      hint = 'until is an instant that is still to come; null means until somebody resumes it.';
  end if;
end;
$$;

comment on function @extschema@._private_check_until(timestamptz) is
$$Internal. Raises GWBTI for the end of a pause that is over, or never comes.$$;
