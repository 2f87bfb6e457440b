-- Adding a job: its values, their defaults and bounds, and what a key does.
select plan(65);

-- Values -------------------------------------------------------------------------------------------------------------

create temp table plain as select * from graphile_worker.add_job('t');
select results_eq(
  $$
    select
      j.payload::text, j.job_queue_id, j.priority::int, j.run_at, j.attempts::int, j.max_attempts::int, j.last_error,
      j.key, j.flags, j.revision, j.locked_at, j.locked_by, j.is_available, j.created_at, j.updated_at
    from plain as j
  $$,
  $$values (
    '{}', null::int, 0, now(), 0, 25, null::text,
    null::text, null::jsonb, 0, null::timestamptz, null::text, true, now(), now()
  )$$,
  'an identifier is enough; the rest has defaults'
);
select results_eq(
  $$
    select j.id, t.identifier
    from graphile_worker._private_jobs as j
    inner join graphile_worker._private_tasks as t on t.id = j.task_id
  $$,
  $$select p.id, 't' from plain as p$$,
  'the row that is returned is the one in the table; its task was made'
);
create temp table full_job as select * from graphile_worker.add_job(
  identifier => 'u',
  payload => '{"b" : 1, "a":2, "b": "\u0000"}',
  queue_name => 'q',
  run_at => '2001-02-03 04:05:06+00',
  max_attempts => 7,
  job_key => 'k',
  priority => -8,
  flags => array['red', 'blue', 'red'],
  job_key_mode => 'preserve_run_at'
);
select results_eq(
  $$
    select
      t.identifier, j.payload::text, q.queue_name, j.run_at, j.max_attempts::int, j.key, j.priority::int, j.flags,
      j.attempts::int, j.revision
    from full_job as j
    inner join graphile_worker._private_tasks as t on t.id = j.task_id
    inner join graphile_worker._private_job_queues as q on q.id = j.job_queue_id
  $$,
  $$values (
    'u', '{"b" : 1, "a":2, "b": "\u0000"}', 'q', '2001-02-03 04:05:06+00'::timestamptz, 7, 'k', -8,
    '{"red": true, "blue": true}'::jsonb, 0, 0
  )$$,
  'every value is kept, the payload to the character'
);
select is((graphile_worker.add_job('t', p.payload::json)).payload::text, p.payload, 'a payload can be ' || p.payload)
from unnest(array['null', '""', '0', 'true', '[]', '12345678901234567890.10', '"ü"']) as p (payload);
select is(
  (graphile_worker.add_job('t', null, null, null, null, null, null, null)).payload::text, '{}', 'null: the default'
);
select is((graphile_worker.add_job('t', flags => '{}')).flags, null, 'no flags at all are stored as null');
select isnt(
  (graphile_worker.add_job('t')).id, (graphile_worker.add_job('t')).id, 'without a key every call makes a job'
);
select is(
  (select count(*) from graphile_worker._private_tasks), 2::bigint, 'but a task has one row'
);
select graphile_worker.add_job('t', queue_name => 'q');
select is(
  (select count(*) from graphile_worker._private_job_queues), 1::bigint, 'and so has a queue'
);

-- Bounds -------------------------------------------------------------------------------------------------------------

select lives_ok(format('select graphile_worker.add_job(%s)', c.arguments), c.name)
from (values
  ($$repeat('i', 128), queue_name => repeat('q', 128), job_key => repeat('k', 512)$$, 'the longest names'),
  ($$'t', max_attempts => 1, priority => -32768$$, 'the lowest numbers'),
  ($$'t', max_attempts => 32767, priority => 32767$$, 'the highest numbers'),
  ($$'t', run_at => 'infinity'$$, 'never'),
  ($$'t', run_at => '-infinity'$$, 'at once, before all others')
) as c (arguments, name);

create temp table before as select count(*) as jobs from graphile_worker._private_jobs;
select throws_ok(format('select graphile_worker.add_job(%s)', c.arguments), c.code, null, c.code || ': ' || c.name)
from (values
  ($$null$$, 'GWBID', 'no task identifier'),
  ($$''$$, 'GWBID', 'an empty task identifier'),
  ($$repeat('i', 129)$$, 'GWBID', 'a task identifier of 129 characters'),
  ($$'new', queue_name => ''$$, 'GWBQN', 'an empty queue name'),
  ($$'new', queue_name => repeat('q', 129)$$, 'GWBQN', 'a queue name of 129 characters'),
  ($$'new', max_attempts => 0$$, 'GWBMA', 'max_attempts 0'),
  ($$'new', max_attempts => 32768$$, 'GWBMA', 'max_attempts 32768'),
  ($$'new', job_key => ''$$, 'GWBKY', 'an empty key'),
  ($$'new', job_key => repeat('k', 513)$$, 'GWBKY', 'a key of 513 characters'),
  ($$'new', priority => -32769$$, 'GWBPR', 'priority -32769'),
  ($$'new', priority => 32768$$, 'GWBPR', 'priority 32768'),
  ($$'new', flags => array['red', null]$$, 'GWBFL', 'a flag that is null'),
  ($$'new', flags => array['']$$, 'GWBFL', 'an empty flag'),
  ($$'new', job_key => 'k', job_key_mode => 'upsert'$$, 'GWBKM', 'an unknown job_key_mode'),
  ($$'new', job_key => 'k', job_key_mode => 'Replace'$$, 'GWBKM', 'a job_key_mode in capitals'),
  ($$'new', job_key_mode => 'upsert'$$, 'GWBKM', 'an unknown job_key_mode, though there is no key')
) as c (arguments, code, name);
select throws_like(
  $$select graphile_worker.add_job('new', job_key => 'k', job_key_mode => 'upsert')$$, '%upsert%',
  'GWBKM names the mode'
);
select results_eq(
  $$select count(*) from graphile_worker._private_jobs$$, $$select b.jobs from before as b$$,
  'a refused call adds nothing'
);
select is_empty($$select from graphile_worker._private_tasks where identifier = 'new'$$, 'not even a task');

-- Keys ---------------------------------------------------------------------------------------------------------------
-- For each mode and state of the job that has the key: what that row is afterwards, and what holds the key.

create temp table cases as
select
  m.mode, s.state, m.mode || ' ' || s.state as key,
  (graphile_worker.add_job('t', '"old"', run_at => now() - interval '1 day', job_key => m.mode || ' ' || s.state)).id
from unnest(array['replace', 'preserve_run_at', 'unsafe_dedupe']) as m (mode)
cross join unnest(array['fresh', 'attempted', 'locked', 'long locked', 'exhausted', 'running its last']) as s (state);
update graphile_worker._private_jobs as j
set
  attempts = case when c.state = 'fresh' then 0 when c.state in ('exhausted', 'running its last') then 25 else 1 end,
  last_error = case when c.state in ('attempted', 'exhausted') then 'boom' end,
  locked_by = case when c.state in ('locked', 'long locked', 'running its last') then 'w' end,
  locked_at = case
    when c.state in ('locked', 'running its last') then now()
    when c.state = 'long locked' then now() - interval '1 week'
  end
from cases as c
where j.id = c.id;
create temp table answers as
select
  graphile_worker.add_job(
    't', '"new"', run_at => now() + interval '1 day', job_key => c.key, job_key_mode => c.mode
  ) as job
from cases as c;

create function pg_temp.describe(job_id bigint) returns text language sql as $$
  select format(
    '%s%s, day %s, attempts %s, error %s, revision %s%s',
    j.payload #>> '{}', case when j.key is null then ' without key' end,
    case when j.run_at = '9999-01-01 00:00+00' then 'never' else extract(day from j.run_at - now())::text end,
    j.attempts, coalesce(j.last_error, 'none'), j.revision, case when j.locked_by is not null then ', locked' end
  )
  from graphile_worker._private_jobs as j where j.id = job_id
$$;
select results_eq(
  format(
    $$
      select pg_temp.describe(c.id), case when a.id <> c.id then pg_temp.describe(a.id) end
      from cases as c left join graphile_worker._private_jobs as a on a.key = c.key
      where c.key = %L
    $$,
    m.mode || ' ' || s.state
  ),
  format('values (%L::text, %L::text)', e.row_before, e.row_added),
  m.mode || ', ' || s.state
)
from (values
  (
    '{replace}', '{fresh, attempted}',
    'new, day 1, attempts 0, error none, revision 1', null
  ),
  (
    '{preserve_run_at}', '{fresh}',
    'new, day -1, attempts 0, error none, revision 1', null
  ),
  (
    '{preserve_run_at}', '{attempted}',
    'new, day 1, attempts 0, error none, revision 1', null
  ),
  (
    '{replace, preserve_run_at}', '{locked, long locked, running its last}',
    'old without key, day never, attempts 25, error none, revision 0, locked',
    'new, day 1, attempts 0, error none, revision 0'
  ),
  (
    '{replace, preserve_run_at}', '{exhausted}',
    'old without key, day -1, attempts 25, error boom, revision 0',
    'new, day 1, attempts 0, error none, revision 0'
  ),
  ('{unsafe_dedupe}', '{fresh}', 'old, day -1, attempts 0, error none, revision 1', null),
  ('{unsafe_dedupe}', '{attempted}', 'old, day -1, attempts 1, error boom, revision 1', null),
  ('{unsafe_dedupe}', '{locked, long locked}', 'old, day -1, attempts 1, error none, revision 1, locked', null),
  ('{unsafe_dedupe}', '{running its last}', 'old, day -1, attempts 25, error none, revision 1, locked', null),
  ('{unsafe_dedupe}', '{exhausted}', 'old, day -1, attempts 25, error boom, revision 1', null)
) as e (modes, states, row_before, row_added)
cross join unnest(e.modes::text[]) as m (mode)
cross join unnest(e.states::text[]) as s (state);
select set_eq(
  $$select j::text from graphile_worker._private_jobs as j inner join cases as c on c.key = j.key$$,
  $$select a.job::text from answers as a$$,
  'what is returned is the row that has the key'
);

-- As the cron of other runtimes calls it, with a key or without.
select results_eq(
  $$
    select j.key, j.revision, extract(day from j.run_at - now())::integer
    from unnest(array[null, 'null mode', 'null mode']) with ordinality as k (job_key, n)
    cross join lateral graphile_worker.add_job(
      't', job_key => k.job_key, run_at => now() + k.n * interval '1 day', job_key_mode => null
    ) as j
    order by k.n
  $$,
  $$values (null, 0, 1), ('null mode', 0, 2), ('null mode', 1, 3)$$,
  'a mode that is null is replace'
);

-- Arrays accumulate; see test__private_accumulate.sql for the rest.
select is(
  (
    with first as materialized (
      select graphile_worker.add_job('t', '[{"a": 1, "a": 2}]', job_key => m.mode || ' array')
    )
    select (
      graphile_worker.add_job('t', '["\u0000"]', job_key => m.mode || ' array', job_key_mode => m.mode)
    ).payload::text
    from first
  ),
  m.payload,
  'two arrays, ' || m.mode
)
from (values
  ('replace', '[{"a": 1, "a": 2},"\u0000"]'),
  ('preserve_run_at', '[{"a": 1, "a": 2},"\u0000"]'),
  ('unsafe_dedupe', '[{"a": 1, "a": 2}]')
) as m (mode, payload);

-- A trigger of somebody's that swallows rows -----------------------------------------------------------------------

create function pg_temp.swallow() returns trigger language plpgsql as $$begin return null; end$$;
create trigger swallow_update before update on graphile_worker._private_jobs
for each row execute function pg_temp.swallow();
select throws_ok(
  $$select graphile_worker.add_job('t', job_key => 'replace fresh')$$, 'GWNOR', null,
  'GWNOR: a row that cannot be changed'
);
create trigger swallow_insert before insert on graphile_worker._private_jobs
for each row execute function pg_temp.swallow();
select throws_ok($$select graphile_worker.add_job('t')$$, 'GWNOR', null, 'GWNOR: no row can be added');
select throws_ok(
  $$select graphile_worker.add_job('t', job_key => 'no such')$$, 'GWNOR', null, 'GWNOR: no row can be added, with a key'
);

select * from finish();
