create or replace function @extschema@._private_renewal_age() returns interval
language sql immutable
as $$
  select @extschema@._private_lock_expiry() / 4
$$;

comment on function @extschema@._private_renewal_age() is
$$Internal. How old a lock gets before its living holder dates it anew: well below _private_lock_expiry, and above what
most jobs take, for which nothing is written.$$;
