-- Jobs for a bulk change, locked.
select plan(10);

select graphile_worker.add_job('t', job_key => n::text) from generate_series(1, 5) as n (n);
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key = '3';
create function pg_temp.matching(max_jobs integer, dry_run boolean, action text default 'remove', state text default null) returns text language sql as $$
  select format(
    '%s; %s, %s', (select string_agg(j.key, ' ' order by j.id) from graphile_worker._private_jobs as j where j.id = any(m.ids)),
    m.looked_at, m.more
  )
  from graphile_worker._private_matching_jobs(
    action, 't', null, state, null, null, null, null, 0, max_jobs, 100, dry_run
  ) as m
$$;
select is(pg_temp.matching(3, true), '1 2 4; 5, t', 'so many');
select is(
  (select count(*) from graphile_worker._private_jobs as j where j.xmax::text::bigint <> 0 and j.key <> '3'),
  0::bigint,
  'a dry run locks none'
);
select is(pg_temp.matching(10, false), '1 2 4 5; 5, f', 'all but the one that runs');
select is(
  (select count(*) from graphile_worker._private_jobs as j where j.xmax::text::bigint <> 0 and j.key <> '3'),
  4::bigint,
  'those are locked until the end of the transaction'
);
select is(pg_temp.matching(3, false), '1 2 4; 5, t', 'so many');
select is(pg_temp.matching(10, true, 'retry'), '; 0, f', 'without a state: that of the action');
select is(pg_temp.matching(10, true, 'retry', 'all'), '1 2 4 5; 5, f', 'or another');

update graphile_worker._private_jobs set flags = '{"graphile_worker:superseded": true}' where key in ('2', '3');
select is(pg_temp.matching(10, true, a.action, 'all'), '1 4 5; 5, f', 'to be run again: not what was superseded, ' || a.action)
from (values ('retry'), ('reschedule')) as a (action);
select is(pg_temp.matching(10, false, 'retry', 'all'), '1 4 5; 5, f', 'neither with locks');

select * from finish();
