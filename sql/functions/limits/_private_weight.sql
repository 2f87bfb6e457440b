create or replace function @extschema@._private_weight(
  payload json,
  weight_by text,
  burst integer
) returns double precision
language plpgsql immutable
as $$
declare
  v_weight text;
begin
  if weight_by is null then
    return 1;
  end if;
  v_weight := payload ->> weight_by;
  return case
    when v_weight ~ E'^[0-9]{1,15}([.][0-9]{1,15})?$' then least(greatest(v_weight::double precision, 1), burst)
    else 1
  end;
exception
  -- The text of a payload may hold characters that a database can't.
  when data_exception then
    return 1;
end;
$$;

comment on function @extschema@._private_weight(json, text, integer) is
$$Internal. For how many a job counts against a rate: what stands in its payload under weight_by, at least 1 and at most
burst (null: no bound); 1 where that is no number.$$;
