create or replace function @extschema@._private_find_schedule(identifier text) returns @extschema@._private_schedules
language plpgsql volatile
as $$
declare
  v_schedule @extschema@._private_schedules;
begin
  -- Whoever schedules passes over it, and what is being scheduled is waited for: afterwards nothing of the old comes.
  select s.* into v_schedule
  from @extschema@._private_schedules as s
  where s.identifier = _private_find_schedule.identifier
  for update;
  if not found then
    raise exception using
      errcode = 'GWUSC',
      message = format('there is no schedule %s', coalesce(quote_literal(left(identifier, 140)), 'null')),
      hint = 'list_schedules says which there are; names are told apart by case.';
  end if;
  return v_schedule;
end;
$$;

comment on function @extschema@._private_find_schedule(text) is
$$Internal. The schedule with this identifier, which it locks for update. Raises GWUSC without one.$$;
