-- The newest failed jobs, or the oldest.
select plan(5);
-- Jobs are named by their ids here.
alter table graphile_worker._private_jobs alter column id restart with 1;

select graphile_worker.add_job('t' || n % 3, job_key => n::text) from generate_series(1, 9) as n (n);
update graphile_worker._private_jobs set attempts = max_attempts where key <> '5';
update graphile_worker._private_jobs set locked_at = now() where key = '8';
create function pg_temp.page(above bigint, below bigint, descending boolean, max_rows integer) returns text
language sql as $$
  select string_agg(j.key, ' ' order by f.ordinal)
  from unnest(graphile_worker._private_failed_page(above, below, descending, max_rows)) with ordinality as f (id, ordinal)
  inner join graphile_worker._private_jobs as j on f.id = j.id
$$;
select is(pg_temp.page(0, 1000, true, 4), '9 7 6 4', 'the newest, of any task');
select is(pg_temp.page(0, 1000, false, 4), '1 2 3 4', 'the oldest');
select is(pg_temp.page(2, 7, true, 9), '6 4 3', 'between two ids');
select is(pg_temp.page(2, 7, false, 2), '3 4', 'from the other end');
select is(pg_temp.page(0, 1000, true, 0), null, 'none at all');

select * from finish();
