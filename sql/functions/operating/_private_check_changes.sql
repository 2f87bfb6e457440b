create or replace function @extschema@._private_check_changes(
  priority integer,
  attempts integer,
  max_attempts integer
) returns void
language plpgsql immutable
as $$
begin
  -- The bounds of a job that is added, and one more.
  perform @extschema@._private_check_job(
    identifier => 'any', queue_name => null, max_attempts => max_attempts, job_key => null, priority => priority,
    flags => null
  );
  if attempts not between 0 and 32767 then
    raise exception using
      errcode = 'GWBAT',
      message = format('bad attempts %s', attempts),
      hint = 'attempts is 0 to 32767; null leaves it unchanged.';
  end if;
end;
$$;

comment on function @extschema@._private_check_changes(integer, integer, integer) is
$$Internal. Raises GWBPR, GWBAT or GWBMA for values that no job can have; null is any.$$;
