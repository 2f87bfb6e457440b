create or replace function @extschema@._private_check_max_crashes(max_crashes integer) returns void
language plpgsql immutable
as $$
begin
  if max_crashes < 1 then
    raise exception using
      errcode = 'GWBMC',
      message = format('bad max_crashes %s', max_crashes),
      hint = 'max_crashes is 1 or more; null for no limit.';
  end if;
end;
$$;

comment on function @extschema@._private_check_max_crashes(integer) is
$$Internal. Raises GWBMC when a cap on crashes is below 1; null is none.$$;
