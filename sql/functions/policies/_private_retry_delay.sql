create or replace function @extschema@._private_retry_delay(retry jsonb, attempts integer) returns interval
language plpgsql volatile
as $$
declare
  v_base constant double precision := extract(epoch from (retry ->> 'base')::interval);
  v_cap constant double precision := extract(epoch from coalesce(retry ->> 'cap', '6 hours')::interval);
  v_factor constant double precision := coalesce((retry ->> 'factor')::double precision, 2);
  v_before constant integer := greatest(attempts - 1, 0);
  v_seconds double precision;
begin
  v_seconds := case retry ->> 'kind'
    -- No power above what any cap allows, or it would overflow.
    when 'exponential' then least(v_base * exp(least(v_before * ln(v_factor), 100)), greatest(v_cap, v_base))
    when 'linear' then least(v_base * (v_before + 1), greatest(v_cap, v_base))
    when 'fixed' then extract(
      epoch from (retry -> 'delays' ->> least(v_before, jsonb_array_length(retry -> 'delays') - 1))::interval
    )
  end;
  return v_seconds * (1 - coalesce(retry ->> 'jitter', '0')::double precision * random()) * interval '1 second';
end;
$$;

comment on function @extschema@._private_retry_delay(jsonb, integer) is
$$Internal. How long a job waits that has failed after so many attempts, by the retries of a policy. exponential: base,
base * factor, base * factor ^ 2, ... up to cap; linear: base, 2 * base, ... up to cap; fixed: its delays one by one,
the last one again and again. factor is 2, cap 6 hours, jitter 0 unless given; jitter: up to that part of the delay is
taken off, at random.$$;
