-- Whether a bulk change is about a job.
select plan(15);

select graphile_worker.add_job('t', queue_name => 'q', job_key => 'k');
update graphile_worker._private_jobs set last_error = 'timed out', updated_at = now() - interval '1 hour';
create function pg_temp.meant(
  state text default 'all', task_id integer default null, queue_id integer default null, error text default null,
  before timestamptz default null, since timestamptz default null, to_run boolean default false,
  running boolean default false
) returns boolean language sql as $$
  select graphile_worker._private_job_is_meant(j, state, meant.task_id, queue_id, error, before, since, to_run, running)
  from graphile_worker._private_jobs as j
$$;
select is(pg_temp.meant(), true, 'no filter');
select is(pg_temp.meant('failed'), false, 'state');
select is(pg_temp.meant(task_id => -1), false, 'task');
select is(pg_temp.meant(queue_id => -1), false, 'queue');
select is(pg_temp.meant(error => '%OUT'), true, 'error, in either case');
select is(pg_temp.meant(error => '%in'), false, 'another error');
select is(pg_temp.meant(before => now()), true, 'changed before');
select is(pg_temp.meant(before => now() - interval '1 hour'), false, 'not before its very instant');
select is(pg_temp.meant(since => now() - interval '1 hour'), true, 'changed since its very instant');
select is(pg_temp.meant(since => now()), false, 'not since');
update graphile_worker._private_jobs set flags = '{"graphile_worker:superseded": true}';
select is(pg_temp.meant(), true, 'superseded');
select is(pg_temp.meant(to_run => true), false, 'that is not to run again');
update graphile_worker._private_jobs set last_error = null, flags = null;
select is(coalesce(pg_temp.meant(error => '%out'), false), false, 'no error at all');
update graphile_worker._private_jobs set locked_at = now() - interval '1 day', locked_by = 'w';
select is(pg_temp.meant(), false, 'a running one, however long it has been');
select is(pg_temp.meant(running => true), true, 'unless it is about these, too');

select * from finish();
