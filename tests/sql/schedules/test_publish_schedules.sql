-- A crontab becomes schedules.
select plan(21);

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
select results_eq(
  $$
    select l.identifier, l.source, l.error, l.next_ticks
    from graphile_worker.list_schedules('{x,y,z,n,s}', tick_count => 1) as l
  $$,
  $$
    values
    ('s', null, null, array[date_trunc('minute', now()) + interval '1 minute']),
    ('x', 'crontab', 'bad cron expression ''* * * *'': it has 4 fields. Write five: minute, hour, day of the month, month,'
      || ' day of the week; there are no names such as @daily.', '{}'),
    ('y', 'crontab', 'unknown time zone ''Rome''. Write it as in Europe/Paris; the view pg_timezone_names has all names.', '{}'),
    ('z', 'crontab', 'invalid input syntax for type interval: "long"', '{}')
  $$,
  'it is listed, with its error, if it has a task'
);
update graphile_worker._private_known_crontabs set last_execution = now() - interval '1 hour' where identifier = 'a';
select graphile_worker.publish_schedules('crontab', '[{"task": "a", "cron": "5 0 * *"}, {"task": "y", "cron": "* * * * *"}]');
select results_eq(
  $$
    select s.identifier, s.cron, s.next_tick is null, s.error is null, s.is_in_file from graphile_worker._private_schedules as s
    where s.identifier = any('{a,x,y}') order by 1
  $$,
  $$values ('a', '5 0 * *', true, false, true), ('x', '* * * *', true, false, false), ('y', '* * * * *', false, true, true)$$,
  'what was there is no longer due, what is mended is'
);
select is((select l.last_outcome from graphile_worker.list_schedules('{a}') as l), null, 'no job was refused');
select graphile_worker.publish_schedules('crontab', '[{"task": "a", "cron": "* * * * *"}, {"task": "a"}]');
select ok(
  (select s.is_in_file and s.error is null from graphile_worker._private_schedules as s where s.identifier = 'a'), 'the others are'
);
select throws_ok(format('select graphile_worker.publish_schedules(%s)', c.arguments), c.code, null, c.code || ' ' || c.arguments)
from (
  values
  ('GWBSC', 'null, ''[]'''), ('GWBSC', ''''', ''[]'''), ('GWBCE', '''f'', null'), ('GWBCE', '''f'', ''{}'''),
  ('GWBTK', '''f'', ''[]'', now() + interval ''6 minutes''')
) as c (code, arguments);

-- Of two releases the one that started last has the say.
select graphile_worker.publish_schedules('r', '[{"task": "r1", "cron": "1 * * * *"}, {"task": "r2", "cron": "1 * * * *"}]');
select graphile_worker.publish_schedules(
  'r', '[{"task": "r1", "cron": "2 * * * *"}, {"task": "r2", "cron": "?"}, {"task": "r3", "cron": "2 * * * *"}]',
  started_at => now() - interval '1 hour'
);
select results_eq(
  $$
    select s.identifier, s.cron, s.is_in_file, s.error from graphile_worker._private_schedules as s
    where s.file = 'r' order by s.identifier
  $$,
  $$values ('r1', '1 * * * *', true, null), ('r2', '1 * * * *', true, null), ('r3', '2 * * * *', false, null)$$,
  'an earlier one changes nothing, and what only it has is marked'
);
select graphile_worker.publish_schedules('r', '[]');
select graphile_worker.publish_schedules('r', '[{"task": "r1", "cron": "2 * * * *"}]', started_at => now() - interval '1 hour');
select is_empty(
  $$select from graphile_worker._private_schedules as s where s.file = 'r' and s.is_in_file$$, 'nor does it bring back what is out'
);
select graphile_worker.publish_schedules('r', '[{"task": "r1", "cron": "2 * * * *"}]', started_at => 'infinity');
select results_eq(
  $$select s.cron, s.published_at from graphile_worker._private_schedules as s where s.file = 'r' and s.is_in_file$$,
  $$values ('2 * * * *', now())$$, 'nobody started later than now'
);

select * from finish();
