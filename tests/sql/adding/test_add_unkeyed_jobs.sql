-- Adding many jobs without keys. What the values mean is what they mean in test_add_job.sql.
select plan(43);

create function pg_temp.described(ids bigint[]) returns table (
  identifier text, payload text, queue_name text, run_at timestamptz, max_attempts integer, priority integer,
  flags jsonb, attempts integer, key text, is_available boolean
) language sql as $$
  select
    t.identifier, j.payload::text, q.queue_name, j.run_at, j.max_attempts::integer, j.priority::integer, j.flags,
    j.attempts::integer, j.key, j.is_available
  from unnest(ids) with ordinality as i (id, ordinal)
  inner join graphile_worker._private_jobs as j on j.id = i.id
  inner join graphile_worker._private_tasks as t on t.id = j.task_id
  left join graphile_worker._private_job_queues as q on q.id = j.job_queue_id
  order by i.ordinal
$$;

-- Values -------------------------------------------------------------------------------------------------------------

select is(graphile_worker.add_unkeyed_jobs(array['t'], '[]'), '{}', 'no payload, no job');
select is_empty($$select from graphile_worker._private_tasks$$, 'and no task');
select results_eq(
  $$select * from pg_temp.described(graphile_worker.add_unkeyed_jobs(array['t'], '[{"b" : 1, "b":2}, null]'))$$,
  $$values
    ('t', '{"b" : 1, "b":2}', null::text, now(), 25, 0, null::jsonb, 0, null::text, true),
    ('t', 'null', null, now(), 25, 0, null, 0, null, true)
  $$,
  'one identifier stands for all; payloads are kept to the character; the rest has defaults'
);
select results_eq(
  $$select * from pg_temp.described(graphile_worker.add_unkeyed_jobs(
    identifiers => array['u', 't', 'u'],
    payloads => '["\u0000", [1], {}]',
    queue_names => array['q', null, 'r'],
    run_ats => array['2001-02-03 04:05:06+00', null, 'infinity']::timestamptz[],
    max_attempts => array[7, null, 32767],
    priorities => array[-8, null, 32767],
    flags => '[["red", "blue", "red"], null, []]'
  ))$$,
  $$values
    ('u', '"\u0000"', 'q', '2001-02-03 04:05:06+00'::timestamptz, 7, -8, '{"red": true, "blue": true}'::jsonb, 0,
      null::text, true),
    ('t', '[1]', null, now(), 25, 0, null, 0, null, true),
    ('u', '{}', 'r', 'infinity', 32767, 32767, null, 0, null, true)
  $$,
  'every value is kept; null means the default'
);
select results_eq(
  $$select d.identifier, d.payload, d.queue_name from pg_temp.described(
    graphile_worker.add_unkeyed_jobs(array['t'], '[1]', array['q'], '{}', '{}', '{}', null)
  ) as d$$,
  $$values ('t', '1', 'q')$$,
  'an array without elements is like none'
);
select results_eq(
  $$
    select
      (select array_agg(t.identifier order by t.identifier) from graphile_worker._private_tasks as t),
      (select array_agg(q.queue_name order by q.queue_name) from graphile_worker._private_job_queues as q)
  $$,
  $$values (array['t', 'u'], array['q', 'r'])$$,
  'tasks and queues are made once'
);
create temp table many as
select graphile_worker.add_unkeyed_jobs(
  array(select 't' || n % 3 from generate_series(1, 3000) as n),
  (select json_agg(n) from generate_series(1, 3000) as n),
  array(select case when n % 5 > 0 then 'q' || n % 5 end from generate_series(1, 3000) as n)
) as ids;
select results_eq(
  $$select d.payload, d.identifier, d.queue_name from many as m, pg_temp.described(m.ids) as d$$,
  $$
    select n::text, 't' || n % 3, case when n % 5 > 0 then 'q' || n % 5 end from generate_series(1, 3000) as n
  $$,
  'the order of three thousand is kept, each with its task and queue'
);
select is(
  m.ids, array(select i.id from unnest(m.ids) as i (id) order by i.id),
  'ids grow with the payloads: among equals the first one runs first'
)
from many as m;

-- Bounds -------------------------------------------------------------------------------------------------------------

select lives_ok(
  $$
    select graphile_worker.add_unkeyed_jobs(
      array[repeat('i', 128)], '[1, 2]', array[repeat('q', 128), 'q'], array['infinity', '-infinity']::timestamptz[],
      array[1, 32767], array[-32768, 32767], json_build_array(array[repeat('f', 1000)], null)
    )
  $$,
  'every value may stand at its bounds'
);

create temp table before as select count(*) as jobs from graphile_worker._private_jobs;
select throws_ok(format('select graphile_worker.add_unkeyed_jobs(%s)', c.arguments), c.code, null, c.code || ': ' || c.name)
from (values
  ($$array['new'], null$$, 'GWBAL', 'no payloads'),
  ($$array['new'], '{}'$$, 'GWBAL', 'payloads that are an object'),
  ($$array['new'], '1'$$, 'GWBAL', 'payloads that are a number'),
  ($$array['new'], '[1]', flags => '{}'$$, 'GWBAL', 'flags that are an object'),
  ($$array['new', 'new'], '[1]'$$, 'GWBAL', 'more identifiers than payloads'),
  ($$array['new', 'new'], '[1, 2, 3]'$$, 'GWBAL', 'fewer identifiers than payloads'),
  ($$array['new'], '[1, 2]', array['q']$$, 'GWBAL', 'fewer queue names'),
  ($$array['new'], '[1]', array['q', 'q']$$, 'GWBAL', 'more queue names'),
  ($$array['new'], '[1, 2]', run_ats => array[now()]$$, 'GWBAL', 'fewer run_ats'),
  ($$array['new'], '[1]', max_attempts => array[1, 2]$$, 'GWBAL', 'more max_attempts'),
  ($$array['new'], '[1, 2]', priorities => array[1]$$, 'GWBAL', 'fewer priorities'),
  ($$array['new'], '[1, 2]', flags => '[null]'$$, 'GWBAL', 'fewer flags'),
  ($$null, '[1]'$$, 'GWBAL', 'no identifiers'),
  ($$'{}', '[1]'$$, 'GWBAL', 'identifiers without an element'),
  ($$array['new', null], '[1, 2]'$$, 'GWBID', 'an identifier that is null'),
  ($$array['new', ''], '[1, 2]'$$, 'GWBID', 'an empty identifier'),
  ($$array[repeat('i', 129)], '[1, 2]'$$, 'GWBID', 'an identifier of 129 characters'),
  ($$array['new'], '[1, 2]', array[null, '']$$, 'GWBQN', 'an empty queue name'),
  ($$array['new'], '[1]', array[repeat('q', 129)]$$, 'GWBQN', 'a queue name of 129 characters'),
  ($$array['new'], '[1, 2]', max_attempts => array[1, 0]$$, 'GWBMA', 'max_attempts 0'),
  ($$array['new'], '[1]', max_attempts => array[32768]$$, 'GWBMA', 'max_attempts 32768'),
  ($$array['new'], '[1, 2]', priorities => array[0, -32769]$$, 'GWBPR', 'priority -32769'),
  ($$array['new'], '[1]', priorities => array[32768]$$, 'GWBPR', 'priority 32768'),
  ($$array['new'], '[1, 2]', flags => '[null, ["red", null]]'$$, 'GWBFL', 'a flag that is null'),
  ($$array['new'], '[1]', flags => '[[""]]'$$, 'GWBFL', 'an empty flag'),
  ($$array['new'], '[1]', flags => '["red"]'$$, '22023', 'flags of a job that are no array')
) as c (arguments, code, name);
select throws_like(
  $$select graphile_worker.add_unkeyed_jobs(array['new'], '[1, 2]', array['q'])$$, '2 payloads, but 1 queue_names',
  'GWBAL says what does not fit'
);
select results_eq(
  $$select count(*) from graphile_worker._private_jobs$$, $$select b.jobs from before as b$$,
  'one bad value, and none of the call is added'
);
select is_empty($$select from graphile_worker._private_tasks where identifier = 'new'$$, 'not even a task');

select isnt(
  graphile_worker.add_unkeyed_jobs('[0:0]={t}', '[1, 2]', flags => '[["x"], null]'), null,
  'one identifier in an array that does not begin with 1'
);

-- A trigger of somebody's that swallows rows.
create function pg_temp.swallow() returns trigger language plpgsql as $$
begin
  return case when new.payload::text = '"swallowed"' then null else new end;
end
$$;
create trigger swallow before insert on graphile_worker._private_jobs for each row execute function pg_temp.swallow();
select throws_ok(
  format('select graphile_worker.add_unkeyed_jobs(array[''t''], %L)', c.payloads), 'GWNOR', null, 'GWNOR: ' || c.name
)
from (values
  ('[1, "swallowed"]', 'a job that gives no row'), ('["swallowed"]', 'no job gives a row')
) as c (payloads, name);

-- Another has its row.
select isnt(graphile_worker.add_unkeyed_jobs(array['t'], '[1]'), null, 'others are added as ever');
select is(
  (select count(*) from graphile_worker._private_jobs as j where j.locked_at is not null or j.key is not null),
  0::bigint, 'none is locked, none has a key'
);

select * from finish();
