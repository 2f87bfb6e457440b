create or replace function @extschema@._private_tokens(
  full_at timestamptz,
  clock timestamptz,
  rate double precision,
  per interval,
  burst integer
) returns double precision
language sql immutable
as $$
  select
    burst - greatest(
      -- Never further than an empty bucket: the clock went back, or the limit was changed.
      least(
        coalesce(extract(epoch from full_at - clock)::double precision, 0) * rate
        / extract(epoch from per)::double precision,
        burst
      ),
      0
    )
$$;

comment on function @extschema@._private_tokens(
  timestamptz, timestamptz, double precision, interval, integer
) is
$$Internal. For how many jobs there is room within a rate at an instant; null without one. full_at: when all of burst is
free again; null: it is. It becomes a part of the query that calls it as long as it is one expression.$$;
