create or replace function @extschema@._private_check_instants(name text, instants timestamptz[]) returns void
language plpgsql immutable
as $$
declare
  v_instant timestamptz;
begin
  foreach v_instant in array instants loop
    if not isfinite(v_instant) then
      raise exception using
        errcode = 'GWBTI',
        message = format('bad %s %s', name, v_instant),
        hint = format('Each of %s is a finite instant, or null.', name);
    end if;
  end loop;
end;
$$;

comment on function @extschema@._private_check_instants(text, timestamptz[]) is
$$Internal. Raises GWBTI when one of several instants is not finite; the array must not be null.$$;
