-- The table is analyzed when its statistics know of fewer jobs than have just been added.
select plan(6);

create function pg_temp.known_jobs() returns real language sql as $$
  select c.reltuples from pg_class as c where c.oid = 'graphile_worker._private_jobs'::regclass
$$;
select graphile_worker.add_unkeyed_jobs(array['t'], (select json_agg(n) from generate_series(1, 100) as n));

select is(graphile_worker.analyze_jobs(null), false, 'nothing was added');
select is(graphile_worker.analyze_jobs(100), true, 'statistics that know of none');
select is(pg_temp.known_jobs(), 100::real, 'know of them now');
select is(graphile_worker.analyze_jobs(100), false, 'statistics that know of as many are left as they are');
select is(graphile_worker.analyze_jobs(0), false, 'and so with none added');
select is(graphile_worker.analyze_jobs(101), true, 'more than they know of: once more');

select * from finish();
