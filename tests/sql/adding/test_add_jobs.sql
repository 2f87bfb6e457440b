-- Adding many jobs in one call. What the values mean is what they mean in test_add_job.sql.
select plan(43);

-- A spec in short: what is not named is null.
create function pg_temp.spec(
  identifier text, payload json default null, queue_name text default null, run_at timestamptz default null,
  max_attempts smallint default null, job_key text default null, priority smallint default null,
  flags text[] default null
) returns graphile_worker.job_spec language sql as $$
  select row(identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags)::graphile_worker.job_spec
$$;
create function pg_temp.describe(j graphile_worker._private_jobs) returns text language sql as $$
  select format(
    '%s%s, day %s, attempts %s, revision %s%s',
    j.payload, case when j.key is null then ' without key' end,
    case when j.run_at = '9999-01-01 00:00+00' then 'never' else extract(day from j.run_at - now())::text end,
    j.attempts, j.revision, case when j.locked_by is not null then ', locked' end
  )
$$;

-- Without keys -------------------------------------------------------------------------------------------------------

select is_empty($$select * from graphile_worker.add_jobs('{}')$$, 'no spec, no job');
select is_empty($$select * from graphile_worker.add_jobs(null)$$, 'null for no spec');
select is_empty($$select * from graphile_worker.add_jobs(null, null)$$, 'null for no spec and no flag');

create temp table added as
select row_number() over () as position, j.*
from graphile_worker.add_jobs(array[
  pg_temp.spec('t'),
  pg_temp.spec(
    'u', '{"b" : 1, "a":2, "b": "\u0000"}', 'q', '2001-02-03 04:05:06+00', 7::smallint, null, -8::smallint,
    '{red,blue,red}'
  ),
  pg_temp.spec('t', 'null', 'q', flags => '{}')
]) as j;
select results_eq(
  $$
    select
      t.identifier, j.payload::text, q.queue_name, j.run_at, j.max_attempts::int, j.key, j.priority::int, j.flags,
      j.attempts::int, j.revision, j.is_available
    from added as j
    inner join graphile_worker._private_tasks as t on t.id = j.task_id
    left join graphile_worker._private_job_queues as q on q.id = j.job_queue_id
    order by j.position
  $$,
  $$values
    ('t', '{}', null, now(), 25, null::text, 0, null::jsonb, 0, 0, true),
    (
      'u', '{"b" : 1, "a":2, "b": "\u0000"}', 'q', '2001-02-03 04:05:06+00'::timestamptz, 7, null, -8,
      '{"red": true, "blue": true}'::jsonb, 0, 0, true
    ),
    ('t', 'null', 'q', now(), 25, null, 0, null, 0, 0, true)
  $$,
  'a row per spec in the order of the specs; null means the default'
);
select set_eq(
  $$select j::text from graphile_worker._private_jobs as j$$,
  $$
    select row(
      a.id, a.job_queue_id, a.task_id, a.payload, a.priority, a.run_at, a.attempts, a.max_attempts, a.last_error,
      a.created_at, a.updated_at, a.key, a.locked_at, a.locked_by, a.revision, a.flags, a.is_available
    )::text
    from added as a
  $$,
  'the rows that are returned are those in the table'
);
select results_eq(
  $$select a.id from added as a order by a.position$$, $$select a.id from added as a order by a.id$$,
  'ids grow with the specs: among equals the first spec runs first'
);
select results_eq(
  $$
    select
      (select count(*) from graphile_worker._private_tasks),
      (select count(*) from graphile_worker._private_job_queues)
  $$,
  $$values (2::bigint, 1::bigint)$$,
  'a task and a queue that are named twice are made once'
);
select results_eq(
  $$
    select j.payload::text from graphile_worker.add_jobs(
      array(select pg_temp.spec('t', to_json(n)) from generate_series(1, 3000) as n)
    ) as j
  $$,
  $$select n::text from generate_series(1, 3000) as n$$,
  'the order of three thousand is kept'
);

-- With keys ----------------------------------------------------------------------------------------------------------

select results_eq(
  $$
    select j.payload #>> '{}', j.key from graphile_worker.add_jobs(array[
      pg_temp.spec('t', '"first"', job_key => 'z'),
      pg_temp.spec('t', '"second"'),
      pg_temp.spec('t', '"third"', job_key => 'a'),
      pg_temp.spec('t', '"fourth"')
    ]) as j
  $$,
  $$values ('first', 'z'), ('second', null), ('third', 'a'), ('fourth', null)$$,
  'with and without keys: still in the order of the specs'
);
create temp table once as select j.id from graphile_worker._private_jobs as j where j.key = 'z';
select results_eq(
  $$
    select pg_temp.describe(j), j.id = o.id from graphile_worker.add_jobs(array[
      pg_temp.spec('t', '"again"', job_key => 'z', run_at => now() + interval '1 day')
    ]) as j, once as o
  $$,
  $$values ('"again", day 1, attempts 0, revision 1', true)$$,
  'a key that exists: the job is changed'
);
select results_eq(
  $$
    select pg_temp.describe(j), j.key from graphile_worker.add_jobs(array[
      pg_temp.spec('t', '[1]', job_key => 'twice', run_at => now() + interval '1 day'),
      pg_temp.spec('t', '"other"', job_key => 'once'),
      pg_temp.spec('t', '[2]', job_key => 'twice', run_at => now() + interval '2 days')
    ]) as j
  $$,
  $$values
    ('[1,2], day 2, attempts 0, revision 1', 'twice'),
    ('"other", day 0, attempts 0, revision 0', 'once'),
    ('[1,2], day 2, attempts 0, revision 1', 'twice')
  $$,
  'a key that stands twice is handled twice, in order; both specs return the row as it is in the end'
);
select is(
  (select count(*) from graphile_worker._private_jobs where key = 'twice'), 1::bigint, 'it makes one job'
);
select results_eq(
  $$
    select j.payload::text from graphile_worker.add_jobs(array[
      pg_temp.spec('t', '[3]', job_key => 'twice'), pg_temp.spec('t', '[4]', job_key => 'twice')
    ]) as j
  $$,
  $$values ('[1,2,3,4]'), ('[1,2,3,4]')$$,
  'so it is when it exists already'
);
select results_eq(
  $$
    select pg_temp.describe(j) from graphile_worker.add_jobs(
      array[
        pg_temp.spec('t', '1', job_key => 'kept', run_at => now() + interval '1 day'),
        pg_temp.spec('t', '2', job_key => 'kept', run_at => now() + interval '2 days')
      ],
      job_key_preserve_run_at => true
    ) as j
  $$,
  $$values ('2, day 1, attempts 0, revision 1'), ('2, day 1, attempts 0, revision 1')$$,
  'job_key_preserve_run_at holds within one call, too'
);

-- For both flags and each state of the job that has the key: what that row is afterwards, and what holds the key.
create temp table cases as
select
  p.preserve, s.state, k.key,
  (graphile_worker.add_job('t', '"old"', run_at => now() - interval '1 day', job_key => k.key)).id
from unnest(array[true, false, null]) as p (preserve)
cross join unnest(array['fresh', 'attempted', 'locked', 'exhausted']) as s (state)
cross join lateral (select coalesce(p.preserve::text, 'null') || ' ' || s.state) as k (key);
update graphile_worker._private_jobs as j
set
  attempts = case when c.state = 'fresh' then 0 when c.state = 'exhausted' then 25 else 1 end,
  locked_by = case when c.state = 'locked' then 'w' end,
  locked_at = case when c.state = 'locked' then now() end
from cases as c
where j.id = c.id;
create temp table answers as
select p.preserve, j.id, j.key
from unnest(array[true, false, null]) as p (preserve)
cross join lateral graphile_worker.add_jobs(
  array(
    select pg_temp.spec('t', '"new"', job_key => c.key, run_at => now() + interval '1 day')
    from cases as c where c.preserve is not distinct from p.preserve
  ),
  p.preserve
) as j;
select results_eq(
  format(
    $$
      select pg_temp.describe(b), case when a.id <> b.id then pg_temp.describe(j) end
      from cases as c
      inner join answers as a on a.key = c.key
      inner join graphile_worker._private_jobs as b on b.id = c.id
      inner join graphile_worker._private_jobs as j on j.id = a.id
      where c.key = %L
    $$,
    coalesce(p.preserve::text, 'null') || ' ' || e.state
  ),
  format('values (%L::text, %L::text)', e.row_before, e.row_added),
  'job_key_preserve_run_at ' || coalesce(p.preserve::text, 'null') || ': ' || e.state
)
from (values
  ('{false,null}', 'fresh', '"new", day 1, attempts 0, revision 1', null),
  ('{true}', 'fresh', '"new", day -1, attempts 0, revision 1', null),
  ('{false,null,true}', 'attempted', '"new", day 1, attempts 0, revision 1', null),
  (
    '{false,null,true}', 'locked',
    '"old" without key, day never, attempts 25, revision 0, locked', '"new", day 1, attempts 0, revision 0'
  ),
  (
    '{false,null,true}', 'exhausted',
    '"old" without key, day -1, attempts 25, revision 0', '"new", day 1, attempts 0, revision 0'
  )
) as e (preserves, state, row_before, row_added)
cross join unnest(e.preserves::boolean[]) as p (preserve);

-- Bounds -------------------------------------------------------------------------------------------------------------

select lives_ok(
  $$
    select graphile_worker.add_jobs(array[
      pg_temp.spec(
        repeat('i', 128), null, repeat('q', 128), 'infinity', 32767::smallint, repeat('k', 512), 32767::smallint
      ),
      pg_temp.spec('i', null, 'q', '-infinity', 1::smallint, 'k', (-32768)::smallint)
    ])
  $$,
  'every value may stand at its bounds'
);

create temp table before as select count(*) as jobs from graphile_worker._private_jobs;
select throws_ok(
  format('select graphile_worker.add_jobs(array[pg_temp.spec(''new''), %s])', c.spec), c.code, null,
  c.code || ': ' || c.name
)
from (values
  ($$null$$, 'GWBID', 'a spec that is null'),
  ($$pg_temp.spec(null)$$, 'GWBID', 'no task identifier'),
  ($$pg_temp.spec('')$$, 'GWBID', 'an empty task identifier'),
  ($$pg_temp.spec(repeat('i', 129))$$, 'GWBID', 'a task identifier of 129 characters'),
  ($$pg_temp.spec('new', queue_name => '')$$, 'GWBQN', 'an empty queue name'),
  ($$pg_temp.spec('new', queue_name => repeat('q', 129))$$, 'GWBQN', 'a queue name of 129 characters'),
  ($$pg_temp.spec('new', max_attempts => 0::smallint)$$, 'GWBMA', 'max_attempts 0'),
  ($$pg_temp.spec('new', job_key => '')$$, 'GWBKY', 'an empty key'),
  ($$pg_temp.spec('new', job_key => repeat('k', 513))$$, 'GWBKY', 'a key of 513 characters'),
  ($$pg_temp.spec('new', flags => '{red,null}')$$, 'GWBFL', 'a flag that is null'),
  ($$pg_temp.spec('new', flags => array[''])$$, 'GWBFL', 'an empty flag')
) as c (spec, code, name);
select results_eq(
  $$select count(*) from graphile_worker._private_jobs$$, $$select b.jobs from before as b$$,
  'one bad spec, and none of the call is added'
);
select is_empty($$select from graphile_worker._private_tasks where identifier = 'new'$$, 'not even a task');

-- A trigger of somebody's that swallows a row.
create function pg_temp.swallow() returns trigger language plpgsql as $$
begin
  return case when new.payload::text = '"swallowed"' then null else new end;
end
$$;
create trigger swallow before insert on graphile_worker._private_jobs for each row execute function pg_temp.swallow();
select throws_ok(format('select graphile_worker.add_jobs(array[%s])', c.specs), 'GWNOR', null, 'GWNOR: ' || c.name)
from (values
  ($$pg_temp.spec('t'), pg_temp.spec('t', '"swallowed"')$$, 'a spec that gives no row'),
  ($$pg_temp.spec('t'), pg_temp.spec('t', '"swallowed"', job_key => 'new')$$, 'one with a key'),
  ($$pg_temp.spec('t', '"swallowed"'), pg_temp.spec('t', job_key => 'new')$$, 'one without, beside one with a key')
) as c (specs, name);

select * from finish();
