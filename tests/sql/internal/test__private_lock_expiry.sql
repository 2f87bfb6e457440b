-- How long a lock is taken for that of a live worker.
select plan(1);

select is(graphile_worker._private_lock_expiry(), interval '4 hours', 'as in other runtimes');

select * from finish();
