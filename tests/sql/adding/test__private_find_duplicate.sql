-- The job that is taken instead of another one.
select plan(7);

create function pg_temp.found(key text, within interval default null) returns bigint language sql as $$
  select graphile_worker._private_find_duplicate('t', key, within, 'ended')
$$;
select is(pg_temp.found('k'), null, 'none was added');
create temp table added as select u.job_id from graphile_worker.add_unique_job('t', unique_key => 'k', within => '1 hour') as u;
select is(pg_temp.found('k'), (table added), 'it waits');
select is(pg_temp.found('other'), null, 'another key');
select is(graphile_worker._private_find_duplicate('other', 'k', null, 'ended'), null, 'another task');
select graphile_worker.complete_jobs(array(table added));
select is(pg_temp.found('k'), null, 'it is done');
select is(pg_temp.found('k', '1 hour'), (table added), 'it is done, within the period');
select graphile_worker._private_hold_unique('t', 'held');
select is(pg_temp.found('held', '1 hour'), null, 'a key without a job');

select * from finish();
