-- How old a lock gets before its holder dates it anew.
select plan(2);

select is(graphile_worker._private_renewal_age(), interval '1 hour', 'an hour');
select ok(
  graphile_worker._private_renewal_age() * 2 < graphile_worker._private_lock_expiry(),
  'it may be missed once, and the lock has not expired'
);

select * from finish();
