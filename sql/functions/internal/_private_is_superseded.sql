create or replace function @extschema@._private_is_superseded(flags jsonb) returns boolean
language sql immutable
as $$
  select coalesce(flags ? 'graphile_worker:superseded', false)
$$;

comment on function @extschema@._private_is_superseded(jsonb) is
$$Internal. Whether a job with these flags lost its key while it was claimed (_private_supersede_job): it must not be
claimed again. It becomes a part of the query that calls it as long as it is one expression, neither strict nor security
definer.$$;
