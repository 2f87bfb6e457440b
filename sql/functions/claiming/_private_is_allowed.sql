create or replace function @extschema@._private_is_allowed(flags jsonb, forbidden_flags text[]) returns boolean
language sql immutable
as $$
  select forbidden_flags is null or flags is null or not flags ?| forbidden_flags
$$;

comment on function @extschema@._private_is_allowed(jsonb, text[]) is
$$Internal. Whether a worker that leaves forbidden_flags alone (null: none) may claim a job with these flags. It becomes
a part of the query that calls it as long as it is one expression, neither strict nor security definer.$$;
