create or replace function @extschema@._private_cancel_error(reason text) returns text
language sql immutable
as $$
  select 'Cancelled' || coalesce(': ' || reason, '')
$$;

comment on function @extschema@._private_cancel_error(text) is
$$Internal. The last_error of a job that was cancelled for a reason, or without one.$$;
