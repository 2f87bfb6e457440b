create or replace function @extschema@._private_check_policy(
  task_identifier text,
  timeout interval,
  retry jsonb,
  max_attempts integer,
  priority integer,
  expires_after interval,
  bad_payload text
) returns void
language plpgsql stable
as $$
declare
  v_bad record;
begin
  perform @extschema@._private_check_job(
    identifier => task_identifier, queue_name => null, max_attempts => max_attempts, job_key => null,
    priority => priority, flags => null
  );
  perform @extschema@._private_check_retry(retry => retry);
  select d.name, d.value into v_bad
  from (values ('timeout', timeout), ('expires_after', expires_after)) as d (name, value)
  where not (d.value > interval '0' and d.value <= interval '1000 years')
  limit 1;
  if found then
    raise exception using
      errcode = 'GWBPO',
      message = format('bad %s %L', v_bad.name, v_bad.value),
      hint = format('%s is an interval above 0, up to 1000 years.', v_bad.name);
  end if;
  if bad_payload not in ('fail', 'retry') then
    raise exception using
      errcode = 'GWBPO',
      message = format('bad bad_payload %L', bad_payload),
      hint = 'What does not fit is either to fail for good (fail), or to be tried again (retry).';
  end if;
end;
$$;

comment on function @extschema@._private_check_policy(text, interval, jsonb, integer, integer, interval, text) is
$$Internal. Raises GWBID, GWBMA, GWBPR or GWBPO when a value of a policy is out of bounds; null is none.$$;
