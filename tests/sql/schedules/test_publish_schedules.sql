-- A crontab becomes schedules.
select plan(16);

create function pg_temp.rows() returns setof text language sql as $$
  select concat_ws(' ', s.identifier, s.task_identifier, s.cron, s.time_zone, s.backfill, s.file, s.line, s.is_in_file, s.payload)
  from graphile_worker._private_schedules as s order by s.identifier
$$;
select is_empty(
  $$
    select * from graphile_worker.publish_schedules('crontab', '[
      {"task": "a", "cron": "*/5 * * * *", "line": 1, "payload": {"n": 1}},
      {"identifier": "b", "task": "t", "cron": "0 8 * * *", "time_zone": "Europe/Paris", "backfill": "2 days", "line": 4},
      {"task": "m", "line": 5}
    ]')
  $$,
  'none is refused'
);
select results_eq(
  'select pg_temp.rows()',
  array[
    'a a */5 * * * * UTC 00:00:00 crontab 1 t {"n": 1}', 'b t 0 8 * * * Europe/Paris 2 days crontab 4 t',
    'm m UTC 00:00:00 crontab 5 t'
  ],
  'all are there'
);
select results_eq(
  'select s.identifier from graphile_worker._private_schedules as s where s.next_tick is null', array['m'],
  'when a function says nobody else knows'
);
select is((select count(*) from graphile_worker.list_crontabs()), 3::bigint, 'each has a guard');
select is_empty($$select * from graphile_worker.publish_schedules('other', '[{"task": "o", "cron": "* * * * *"}]')$$, 'another file');
select is_empty($$select * from graphile_worker.publish_schedules('crontab', '[{"task": "a", "cron": "* * * * *"}]')$$, 'again');
select results_eq(
  'select pg_temp.rows()',
  array[
    'a a * * * * * UTC 00:00:00 crontab t', 'b t 0 8 * * * Europe/Paris 2 days crontab 4 f', 'm m UTC 00:00:00 crontab 5 f',
    'o o * * * * * UTC 00:00:00 other t'
  ],
  'what is no longer in that file is marked'
);
select graphile_worker.pause_schedule('a', 'why');
select graphile_worker.publish_schedules('crontab', '[{"task": "a", "cron": "* * * * *"}]');
select results_eq(
  $$select s.reason, s.next_tick from graphile_worker._private_schedules as s where s.identifier = 'a'$$,
  $$values ('why', null::timestamptz)$$, 'a pause stays'
);

-- What is refused.
select graphile_worker.set_schedule('s', '* * * * *');
select set_eq(
  $$
    select r.identifier, r.error_code from graphile_worker.publish_schedules('crontab', '[
      {"task": "a", "cron": "* * * * *"}, {"task": "x", "cron": "* * * *"}, {"task": "y", "cron": "* * * * *", "time_zone": "Rome"},
      {"task": "z", "cron": "* * * * *", "backfill": "long"}, {"task": "s", "cron": "* * * * *"}, {"task": "a"}, 5,
      {"task": "n", "cron": "* * * * *", "when": "now"}
    ]') as r
  $$,
  $$
    values
    ('x', 'GWBSC'), ('y', 'GWBTZ'), ('z', '22007'), ('s', 'GWROS'), ('a', 'GWBCI'), (null, 'GWBCE'), ('n', 'GWBCE')
  $$,
  'each by itself'
);
select is(
  (select count(*) from graphile_worker._private_schedules as s where s.identifier = any('{x,y,z,n}')), 0::bigint, 'it is not there'
);
select ok(
  (select s.is_in_file from graphile_worker._private_schedules as s where s.identifier = 'a'), 'the others are'
);
select throws_ok(format('select graphile_worker.publish_schedules(%s)', c.arguments), c.code, null, c.code || ' ' || c.arguments)
from (
  values
  ('GWBSC', 'null, ''[]'''), ('GWBSC', ''''', ''[]'''), ('GWBCE', '''f'', null'), ('GWBCE', '''f'', ''{}'''),
  ('GWBTK', '''f'', ''[]'', now() + interval ''6 minutes''')
) as c (code, arguments);

select * from finish();
