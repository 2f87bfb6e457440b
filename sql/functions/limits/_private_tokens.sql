create or replace function @extschema@._private_tokens(
  full_at timestamptz,
  clock timestamptz,
  rate double precision,
  per interval,
  burst integer
) returns double precision
language plpgsql immutable
as $$
declare
  v_ahead constant double precision := coalesce(extract(epoch from full_at - clock), 0);
  v_seconds constant double precision := extract(epoch from per)::double precision / rate;
begin
  return burst - case
    -- Further than an empty bucket, and by more than clocks differ: it went back, or the limit was changed.
    when v_ahead - 1 > burst * v_seconds then 0
    else greatest(least(v_ahead / v_seconds, burst), 0)
  end;
end;
$$;

comment on function @extschema@._private_tokens(
  timestamptz, timestamptz, double precision, interval, integer
) is
$$Internal. For how many jobs there is room within a rate at an instant; null without one. full_at: when all of burst is
free again; null, or what no use of this rate can lead to: it is.$$;
