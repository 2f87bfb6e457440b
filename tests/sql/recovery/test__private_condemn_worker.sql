-- Whether nothing was heard of a worker since.
select plan(5);

select graphile_worker.worker_heartbeat('w');

select ok(graphile_worker._private_condemn_worker('w', now()), 'the heartbeat is the last');
select ok(not graphile_worker._private_condemn_worker('w', now() - interval '1 microsecond'), 'there was another');
select ok(not graphile_worker._private_condemn_worker('w', null), 'it has registered since');
select ok(graphile_worker._private_condemn_worker('nobody', null), 'it has not');
select ok(not graphile_worker._private_condemn_worker('nobody', now()), 'it has been taken off the list');

select * from finish();
