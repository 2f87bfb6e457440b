create or replace function @extschema@._private_parked() returns timestamptz
language sql immutable
as $$
  select timestamptz '9999-01-01 00:00:00+00'
$$;

comment on function @extschema@._private_parked() is
$$Internal. The run_at of a job that must not come due by itself, whoever frees it: finite, as clients of several
languages have no infinity.$$;
