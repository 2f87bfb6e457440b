create or replace function @extschema@._private_check_job(
  identifier text,
  queue_name text,
  max_attempts integer,
  job_key text,
  priority integer,
  flags text[]
) returns void
language plpgsql immutable
as $$
begin
  if identifier is null or length(identifier) not between 1 and 128 then
    raise exception using
      errcode = 'GWBID',
      message = format('bad task identifier %s', coalesce(quote_literal(left(identifier, 140)), 'null')),
      hint = 'A task identifier has 1 to 128 characters.';
  end if;
  if length(queue_name) not between 1 and 128 then
    raise exception using
      errcode = 'GWBQN',
      message = format('bad queue name %L', left(queue_name, 140)),
      hint = 'A queue name has 1 to 128 characters; null means no queue.';
  end if;
  if max_attempts not between 1 and 32767 then
    raise exception using
      errcode = 'GWBMA',
      message = format('bad max_attempts %s', max_attempts),
      hint = 'max_attempts is 1 to 32767; null means 25.';
  end if;
  if length(job_key) not between 1 and 512 then
    raise exception using
      errcode = 'GWBKY',
      message = format('bad job key %L (%s characters)', left(job_key, 60), length(job_key)),
      hint = 'A job key has 1 to 512 characters; null means no key.';
  end if;
  if priority not between -32768 and 32767 then
    raise exception using
      errcode = 'GWBPR',
      message = format('bad priority %s', priority),
      hint = 'A priority is -32768 to 32767; lower runs sooner; null means 0.';
  end if;
  if
    array_ndims(flags) > 1
    or array_position(flags, null) is not null
    or '' = any(flags)
    -- Not a query, which would cost more than all the rest, and those who give no flags as much.
    or array_to_string(flags, chr(1)) ~ E'(^|\\x01)graphile_worker:'
  then
    raise exception using
      errcode = 'GWBFL',
      message = format('bad flags %L', flags),
      hint = 'Flags are a plain array of texts that are neither null nor empty, nor begin with graphile_worker:.';
  end if;
end;
$$;

comment on function @extschema@._private_check_job(text, text, integer, text, integer, text[]) is
$$Internal. Raises GWBID, GWBQN, GWBMA, GWBKY, GWBPR or GWBFL when a value of a job to be added is out of bounds.$$;
