create or replace function @extschema@._private_uncancelled(flags jsonb) returns jsonb
language sql immutable
as $$
  select case
    when flags is null then null
    else nullif(flags - '{graphile_worker:cancelled,graphile_worker:remove}'::text[], '{}')
  end
$$;

comment on function @extschema@._private_uncancelled(jsonb) is
$$Internal. The flags without the marks of a job that was cancelled. Null when there is none. Becomes a part of the
query that calls it, see _private_is_superseded.$$;
