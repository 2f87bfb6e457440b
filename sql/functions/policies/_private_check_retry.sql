create or replace function @extschema@._private_check_retry(retry jsonb) returns void
language plpgsql stable
as $$
declare
  c_known constant text[] := array['kind', 'base', 'factor', 'cap', 'jitter', 'delays'];
  v_kind constant text := retry ->> 'kind';
  v_fault text;
  v_base interval;
  v_cap interval;
  v_factor double precision;
  v_jitter double precision;
begin
  if retry is null then
    return;
  end if;
  begin
    v_base := (retry ->> 'base')::interval;
    v_cap := (retry ->> 'cap')::interval;
    v_factor := (retry ->> 'factor')::double precision;
    v_jitter := (retry ->> 'jitter')::double precision;
    v_fault := case
      when jsonb_typeof(retry) <> 'object' then 'it is not an object'
      when (v_kind in ('exponential', 'linear', 'fixed')) is not true then 'its kind is unknown'
      when retry - c_known <> '{}' then 'an attribute is unknown'
      when (v_kind = 'fixed') <> (retry ? 'delays') then 'delays belong to fixed, and to nothing else'
      -- A null would be a cap with nothing below it.
      when (v_kind = 'fixed') = (retry ->> 'base' is not null) then 'a base belongs to exponential and linear'
      when v_kind <> 'exponential' and retry ? 'factor' then 'a factor belongs to exponential'
      when v_kind = 'fixed' and retry ? 'cap' then 'a cap belongs to exponential and linear'
      when not (v_base > interval '0' and v_base <= interval '10 years') then 'base is more than 0, up to 10 years'
      when not (v_cap >= v_base and v_cap <= interval '10 years') then 'cap is at least base, and at most 10 years'
      when not v_factor between 1 and 1000 then 'factor is 1 to 1000'
      when not v_jitter between 0 and 1 then 'jitter is 0 to 1'
      when v_kind <> 'fixed' then null
      when jsonb_typeof(retry -> 'delays') <> 'array' then 'delays is not an array'
      when (
        select bool_and(coalesce(d.delay::interval between interval '0' and interval '10 years', false))
        from jsonb_array_elements_text(retry -> 'delays') as d (delay)
      ) is not true then 'delays has one or more durations of 0 to 10 years'
    end;
  exception
    when data_exception or feature_not_supported then
      v_fault := sqlerrm;
  end;
  if v_fault is not null then
    raise exception using
      errcode = 'GWBPO',
      message = format('bad retry %s: %s', left(retry::text, 200), v_fault),
      hint = 'For example {"kind": "exponential", "base": "2s", "factor": 2, "cap": "1h", "jitter": 0.1}, '
        || '{"kind": "linear", "base": "30s", "cap": "1h"} or {"kind": "fixed", "delays": ["1s", "1m", "1h"]}.';
  end if;
end;
$$;

comment on function @extschema@._private_check_retry(jsonb) is
$$Internal. Raises GWBPO for the retries of a policy that _private_retry_delay could make nothing of; null is none.$$;
