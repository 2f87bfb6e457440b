-- The row of a key is there, and held.
select plan(3);

select is((graphile_worker._private_hold_unique('t', 'k')).job_id, null, 'it is made');
update graphile_worker._private_uniques set job_id = 5;
select is((graphile_worker._private_hold_unique('t', 'k')).job_id, 5::bigint, 'it was there');
select is((graphile_worker._private_hold_unique('u', 'k')).job_id, null, 'the key of another task is another');

select * from finish();
