create or replace function @extschema@._private_ending(flags jsonb) returns text
language sql immutable
as $$
  select case
    when flags is null then null
    when flags ?| '{graphile_worker:superseded,graphile_worker:remove}' then 'delete'
    when flags ? 'graphile_worker:cancelled' then 'fail'
  end
$$;

comment on function @extschema@._private_ending(jsonb) is
$$Internal. What becomes of a job with these flags when its claim ends without an outcome (returned, recovered,
unlocked), where that is not to be free again: delete, for one that lost its key (_private_supersede_job) or is to be
removed, fail for one that was cancelled (_private_cancel_locked); else null. Becomes a part of the query that calls it,
see _private_is_superseded.$$;
