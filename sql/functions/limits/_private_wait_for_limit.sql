create or replace function @extschema@._private_wait_for_limit(names text[]) returns void
language plpgsql volatile
-- Longer than most claims take, and short enough for whoever else waits for this one's transaction.
set lock_timeout = '50ms'
as $$
begin
  perform
  from @extschema@._private_limits as l
  where l.kind = 'task' and l.name = any(names)
  order by l.name, l.origin
  limit 1
  for no key update;
exception
  when lock_not_available then
    null;
end;
$$;

comment on function @extschema@._private_wait_for_limit(text[]) is
$$Internal. Waits until nobody else holds the first of the limits of these tasks, 50 ms at most, and locks it.$$;
