create or replace function @extschema@._private_is_cancelled(flags jsonb) returns boolean
language sql immutable
as $$
  select coalesce(flags ? 'graphile_worker:cancelled', false)
$$;

comment on function @extschema@._private_is_cancelled(jsonb) is
$$Internal. Whether a job with these flags was cancelled while it was claimed (_private_cancel_locked): however its
claim ends, it has failed for good, unless it is done. Becomes a part of the query that calls it, see
_private_is_superseded.$$;
