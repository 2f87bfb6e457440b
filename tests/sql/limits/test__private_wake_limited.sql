-- Whoever makes room says so; by a setting that can't be, one sees that it would.
select plan(7);

create function pg_temp.wake() returns void language sql as $$
  select graphile_worker._private_wake_limited(array(select t.id from graphile_worker._private_tasks as t))
$$;
select graphile_worker.add_job('t') from generate_series(1, 2);
set local graphile_worker.notify = 'loud';
select lives_ok('select pg_temp.wake()', 'nothing is limited');
insert into graphile_worker._private_limits (kind, name, origin, max_running) values ('task', 't', 'operator', 1);
select throws_ok('select pg_temp.wake()', 'GWBNS', null, 'there is room, and something due');
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where id % 2 = 0;
select lives_ok('select pg_temp.wake()', 'no room');
update graphile_worker._private_limits set max_running = 2;
select throws_ok('select pg_temp.wake()', 'GWBNS', null, 'room for another');
insert into graphile_worker._private_buckets values ('task', 't', '', now() + interval '1 hour', now());
update graphile_worker._private_limits set rate = 1, per = '1 hour', burst = 1;
select throws_ok('select pg_temp.wake()', 'GWBNS', null, 'room soon, of which nobody was told');
update graphile_worker._private_limits set max_running = 1;
select lives_ok('select pg_temp.wake()', 'no room by then, either');
update graphile_worker._private_limits set max_running = 2, rate = null, per = null, burst = null;
update graphile_worker._private_jobs set run_at = now() + interval '1 hour';
select lives_ok('select pg_temp.wake()', 'nothing is due');

select * from finish();
