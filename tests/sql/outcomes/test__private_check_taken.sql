-- Whether what a worker has handed in has gone from it.
select plan(2);

select graphile_worker.add_job('t', job_key => k) from unnest(array['held', 'of another']) as k;
update graphile_worker._private_jobs set locked_at = now(), locked_by = key;
create function pg_temp.check(worker text) returns text language sql as $$
  select format(
    'select graphile_worker._private_check_taken(%L, %L)', worker, array_agg(j.id) || array[null, -1]::bigint[]
  )
  from graphile_worker._private_jobs as j
$$;
select throws_ok(pg_temp.check('held'), '09000', 'something leaves its row as it is', 'not one that is held as before');
select lives_ok(pg_temp.check('w'), 'those of others, and none');

select * from finish();
