create or replace function @extschema@._private_check_failures(
  job_ids bigint[],
  error_messages text[],
  payload_count integer,
  failed_at timestamptz[],
  retry_ats timestamptz[] default null,
  given_up boolean[] default null
) returns void
language plpgsql immutable
as $$
begin
  if
    cardinality(job_ids) is distinct from cardinality(error_messages)
    or payload_count <> cardinality(job_ids)
    or cardinality(failed_at) <> cardinality(job_ids)
    or cardinality(retry_ats) <> cardinality(job_ids)
    or cardinality(given_up) <> cardinality(job_ids)
  then
    raise exception using
      errcode = 'GWBAL',
      message = format(
        'got %s ids of jobs that failed, %s error messages, %s replacement payloads, %s instants, %s of retries and %s '
        'that say what was given up',
        coalesce(cardinality(job_ids), 0),
        coalesce(cardinality(error_messages), 0),
        coalesce(payload_count::text, 'no'),
        coalesce(cardinality(failed_at)::text, 'no'),
        coalesce(cardinality(retry_ats)::text, 'no'),
        coalesce(cardinality(given_up)::text, 'no')
      ),
      hint = 'Give one error message per job id; of the others one (or null) per job id, or no array at all.';
  end if;
  if failed_at is not null then
    perform @extschema@._private_check_instants(name => 'failed_at', instants => failed_at);
  end if;
  if retry_ats is not null then
    perform @extschema@._private_check_instants(name => 'retry_ats', instants => retry_ats);
  end if;
end;
$$;

comment on function @extschema@._private_check_failures(
  bigint[], text[], integer, timestamptz[], timestamptz[], boolean[]
) is
$$Internal. Raises GWBAL when arrays that have an element per failed job are of different length. payload_count: how
many replacement payloads there are; null without that array. Raises GWBTI for a time of a failure or a retry that
is not finite.$$;
