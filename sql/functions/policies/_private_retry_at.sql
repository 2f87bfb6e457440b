create or replace function @extschema@._private_retry_at(
  failed_at timestamptz,
  run_at timestamptz,
  attempts integer,
  retry_at timestamptz,
  retry jsonb
) returns timestamptz
language sql volatile
as $$
  select case
    when retry_at is not null then retry_at
    when retry is not null
      then
        greatest(failed_at, run_at)
        + @extschema@._private_retry_delay(retry => _private_retry_at.retry, attempts => _private_retry_at.attempts)
    else greatest(failed_at, run_at) + exp(least(attempts, 10)) * interval '1 second'
  end
$$;

comment on function @extschema@._private_retry_at(timestamptz, timestamptz, integer, timestamptz, jsonb) is
$$Internal. When a job is due again that failed: at retry_at, where whoever ran it has said so; else after the delay of
its task's policy (retry); else after exp(attempts) seconds, at most 6 hours, as in other runtimes. Becomes a part of
the query that calls it, see _private_is_superseded.$$;
