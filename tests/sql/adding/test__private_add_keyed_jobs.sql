-- The specs of an add_jobs call that have a key. What a key does to its job stands in test__private_add_keyed_job.sql.
select plan(11);

create function pg_temp.spec(n text, job_key text) returns graphile_worker.job_spec language sql as $$
  select row(
    't', format('["%s"]', n), null, now() + interval '1 hour', null, job_key, null, null
  )::graphile_worker.job_spec
$$;
select graphile_worker._private_task_id('t');

select is_empty($$select * from graphile_worker._private_add_keyed_jobs('{}', 'replace')$$, 'no spec: no row');
select is_empty(
  $$select * from graphile_worker._private_add_keyed_jobs(array[pg_temp.spec('plain', null)], 'replace')$$,
  'specs without a key are left to others'
);
select is((select count(*) from graphile_worker._private_jobs), 0::bigint, 'and added by others');

create temp table first as
select k.ordinal, k.id
from graphile_worker._private_add_keyed_jobs(
  array[
    pg_temp.spec('b1', 'b'), pg_temp.spec('plain', null), pg_temp.spec('a1', 'a'), pg_temp.spec('c1', 'c'),
    pg_temp.spec('b2', 'b')
  ],
  'replace'
) as k;
select results_eq(
  $$
    select f.ordinal, j.key, j.payload::text, j.revision
    from first as f inner join graphile_worker._private_jobs as j on j.id = f.id order by f.ordinal
  $$,
  $$values
    (1::bigint, 'b', '["b1","b2"]', 1), (3, 'a', '["a1"]', 0), (4, 'c', '["c1"]', 0), (5, 'b', '["b1","b2"]', 1)
  $$,
  'keys that nobody has: the job of each spec by its position; one that stands twice is handled twice, in order'
);
select is((select count(*) from graphile_worker._private_jobs), 3::bigint, 'a job per key');
select results_eq(
  $$select j.key from graphile_worker._private_jobs as j order by j.id$$, $$values ('a'), ('b'), ('c')$$,
  'made in key order: so that sessions with the same keys wait for each other in one direction'
);

-- a runs, b is free, c has failed for good, d is new.
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now(), attempts = 1 where key = 'a';
update graphile_worker._private_jobs set attempts = max_attempts where key = 'c';
update graphile_worker._private_jobs set run_at = now() - interval '1 hour' where key = 'b';
create temp table second as
select k.ordinal, k.id
from graphile_worker._private_add_keyed_jobs(
  array[pg_temp.spec('d3', 'd'), pg_temp.spec('c3', 'c'), pg_temp.spec('b3', 'b'), pg_temp.spec('a3', 'a')],
  'preserve_run_at'
) as k;
select results_eq(
  $$
    select s.ordinal, j.key, j.payload::text, j.revision, f.id is not null, j.run_at < now()
    from second as s
    inner join graphile_worker._private_jobs as j on j.id = s.id
    left join (select distinct f.id from first as f) as f on f.id = s.id
    order by s.ordinal
  $$,
  $$values
    (1::bigint, 'd', '["d3"]', 0, false, false), (2, 'c', '["c3"]', 0, false, false),
    (3, 'b', '["b1","b2","b3"]', 2, true, true), (4, 'a', '["a3"]', 0, false, false)
  $$,
  'keys that somebody has, and one that is new: by the mode'
);
select results_eq(
  $$
    select j.payload::text, j.attempts = j.max_attempts, j.locked_by
    from graphile_worker._private_jobs as j where j.key is null order by j.payload::text
  $$,
  $$values ('["a1"]', true, 'w'), ('["c1"]', true, null)$$,
  'jobs that run, or failed for good, lose their key'
);
select is((select count(*) from graphile_worker._private_jobs), 6::bigint, 'nothing else was added');

-- A trigger of somebody's that swallows rows.
create function pg_temp.swallow() returns trigger language plpgsql as $$begin return null; end$$;
create trigger swallow before insert on graphile_worker._private_jobs for each row execute function pg_temp.swallow();
select throws_ok(
  $$select graphile_worker._private_add_keyed_jobs(array[pg_temp.spec('n', 'new')], 'replace')$$,
  'GWNOR', null, 'GWNOR: no row can be added'
);
select lives_ok(
  $$select graphile_worker._private_add_keyed_jobs(array[pg_temp.spec('b4', 'b')], 'replace')$$, 'a row can be changed'
);

select * from finish();
