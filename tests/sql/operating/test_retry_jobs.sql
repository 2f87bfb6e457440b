-- Jobs are tried again.
select plan(9);

select graphile_worker.add_job('t', job_key => c.key, run_at => now() + interval '1 hour')
from (values ('failed'), ('running'), ('waiting'), ('not named')) as c (key);
update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'e' where key in ('failed', 'not named');
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key = 'running';
select set_eq(
  $$
    select r.key from graphile_worker.retry_jobs(
      array(select j.id from graphile_worker._private_jobs as j where j.key <> 'not named') || '{0}'::bigint[]
    ) as r
  $$,
  $$values ('failed'), ('waiting')$$,
  'returns those that are not running'
);
select results_eq(
  $$
    select j.key, j.attempts::integer, j.run_at, j.last_error, j.is_available
    from graphile_worker._private_jobs as j where j.key in ('failed', 'waiting') order by 1
  $$,
  $$values ('failed', 0, now(), 'e', true), ('waiting', 0, now(), null, true)$$,
  'due now, with all attempts; the error stays'
);
select is(
  (select j.is_available from graphile_worker._private_jobs as j where j.key = 'not named'), false, 'others stay as they are'
);

create function pg_temp.every() returns bigint[] language sql as $$
  select array_agg(j.id) from graphile_worker._private_jobs as j
$$;
delete from graphile_worker._private_jobs;
select graphile_worker.add_job('dry', job_key => k.key)
from (values ('idle'), ('failed'), ('held'), ('held for long')) as k (key);
update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'e' where key = 'failed';
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key = 'held';
update graphile_worker._private_jobs set locked_at = now() - interval '5 hours', locked_by = 'w' where key = 'held for long';

savepoint superseded;
update graphile_worker._private_jobs set flags = '{"graphile_worker:superseded": true}' where key = 'failed';
select throws_ok(
  $$select graphile_worker.retry_jobs(pg_temp.every(), true)$$, 'GWSUP', null, 'a dry run is refused as the change would be'
);
rollback to superseded;

-- A dry run names the very jobs that are changed then, and changes none.
create temp table rows_before as select j.* from graphile_worker._private_jobs as j;
create temp table told as select d.id from graphile_worker.retry_jobs(pg_temp.every(), true) as d;
select results_eq(
  'select j::text from graphile_worker._private_jobs as j order by j.id', 'select b::text from rows_before as b order by b.id',
  'a dry run changes nothing'
);
select results_eq(
  $$select d::text from graphile_worker.retry_jobs(pg_temp.every(), true) as d order by d.id$$,
  'select b::text from rows_before as b where b.id in (select t.id from told as t) order by b.id',
  'and returns the jobs as they are'
);
select set_eq(
  $$select d.id from graphile_worker.retry_jobs(pg_temp.every(), null) as d$$, 'select t.id from told as t', 'null is a dry run, too'
);
select isnt_empty('select from told', 'it is about some');
select set_eq(
  $$select d.id from graphile_worker.retry_jobs(pg_temp.every(), false) as d$$, 'select t.id from told as t',
  'they are those that are changed then'
);

select * from finish();
