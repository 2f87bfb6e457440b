create or replace function @extschema@._private_is_collision(error_code text) returns boolean
language sql immutable
as $$
  select error_code in ('40001', '40P01', '55P03')
$$;

comment on function @extschema@._private_is_collision(text) is
$$Internal. Whether an error says that another transaction was in the way. It passes, as a rule; but what somebody's
trigger raises for one row may be the same every time. So who can come back to a row later leaves it behind, like one
that is bad; and so does a round that has failed again and again.$$;
