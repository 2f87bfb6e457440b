-- Keys go once their period is over and their job is gone.
select plan(8);

select graphile_worker.add_unique_job('t', unique_key => v.key, within => v.within::interval)
from (values ('done', null), ('waits', null), ('period', '1 hour')) as v (key, within);
create function pg_temp.keys() returns text language sql as $$
  select string_agg(u.unique_key, ' ' order by u.unique_key) from graphile_worker._private_uniques as u
$$;
create function pg_temp.pass(waited interval) returns integer language sql as $$
  update graphile_worker._private_uniques
  set added_at = added_at - waited, expires_at = expires_at - waited, look_at = look_at - waited;
  select graphile_worker._private_sweep_uniques(max_rows => 10);
$$;
select is(graphile_worker._private_sweep_uniques(max_rows => 10), 0, 'not at once');
select graphile_worker.complete_jobs(array(
  select u.job_id from graphile_worker._private_uniques as u where u.unique_key <> 'waits'
));
select is(pg_temp.pass('2 minutes'), 2, 'two without a period');
select is(pg_temp.keys(), 'period waits', 'the job of one is gone');
select is(pg_temp.pass('1 minute'), 0, 'the other one is looked at again when as much time has passed');
select is(pg_temp.pass('1 minute'), 1, 'now');
select is(pg_temp.pass('1 hour'), 2, 'the period is over');
select is(pg_temp.keys(), 'waits', 'one stays as long as its job');
select is(
  (select u.look_at - now() from graphile_worker._private_uniques as u), interval '1:04', 'its age doubles between looks'
);

select * from finish();
