-- Workers are notified; what of: tests/py/concurrency/test_cancel.py.
select plan(3);

select graphile_worker.add_job('t') from generate_series(1, 1000);
select graphile_worker.get_jobs('w', max_jobs => 1000);
create function pg_temp.notified() returns text language sql as $$
  select lives_ok(
    $q$select graphile_worker._private_notify_cancel(array(select j.id from graphile_worker._private_jobs as j))$q$,
    format('a worker of %s bytes', (select max(octet_length(j.locked_by)) from graphile_worker._private_jobs as j))
  )
$$;
select pg_temp.notified();
update graphile_worker._private_jobs set locked_by = repeat(E'\001', 330);
select pg_temp.notified();
update graphile_worker._private_jobs set locked_by = repeat('w', 9000);
select pg_temp.notified();

select * from finish();
