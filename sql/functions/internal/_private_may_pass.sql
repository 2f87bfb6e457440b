create or replace function @extschema@._private_may_pass(error_code text) returns boolean
language sql immutable
as $$
  select
    error_code in ('40001', '40P01', '25006', '55P03', 'GWBNS')
    or left(error_code, 2) in ('53', '57', '58')
$$;

comment on function @extschema@._private_may_pass(text) is
$$Internal. Whether an error says nothing about the rows or entries at hand: a collision with another transaction
(40001, 40P01, 55P03), a server that is short of something (class 53), stops (class 57), can't read its disk (class 58)
or has become a standby (25006), a bad setting of the session (GWBNS). Who does many things one by one, so that a bad
one is left behind alone, raises such an error again.$$;
