create or replace function @extschema@._private_lock_expiry() returns interval
language sql immutable
as $$
  select interval '4 hours'
$$;

comment on function @extschema@._private_lock_expiry() is
$$Internal. How long a job or queue may be locked before whoever holds it counts as dead. Other runtimes that work on
the same tables go by the same time.$$;
