-- A schedule is set, as a whole.
select no_plan();

create function pg_temp.row(identifier text default 's') returns jsonb language sql as $$
  select jsonb_strip_nulls(to_jsonb(s)) - '{identifier,updated_at,updated_by,is_in_file}'::text[]
  from graphile_worker._private_schedules as s where s.identifier = "row".identifier
$$;
select ok(
  graphile_worker.set_schedule(
    's', cron => '0 8 * * 1', task => 't', payload => '{"n": 1}', time_zone => 'Europe/Vienna', queue_name => 'q',
    priority => -1, max_attempts => 3, job_key => 'k', job_key_mode => 'preserve_run_at', backfill => '1 day',
    starts_at => '2020-01-01 00:00+00', ends_at => '9000-01-01 00:00+00', jitter => '1 minute', skip_if_running => true
  ),
  'it is new'
);
select is(
  pg_temp.row() - '{next_tick,starts_at,ends_at}'::text[],
  '{"cron": "0 8 * * 1", "task_identifier": "t", "payload": {"n": 1}, "time_zone": "Europe/Vienna", "queue_name": "q",
    "priority": -1, "max_attempts": 3, "job_key": "k", "job_key_mode": "preserve_run_at", "backfill": "1 day",
    "jitter": "00:01:00", "skip_if_running": true}'::jsonb, 'all is kept'
);
select is(
  (select s.next_tick from graphile_worker._private_schedules as s),
  graphile_worker.next_ticks('0 8 * * 1', now(), 'Europe/Vienna'), 'its next tick is known'
);
select results_eq(
  'select k.identifier, k.last_execution from graphile_worker._private_known_crontabs as k',
  $$values ('s', null::timestamptz)$$, 'it has a guard'
);
update graphile_worker._private_schedules set error = 'old', error_at = now(), updated_by = 'other';
select ok(not graphile_worker.set_schedule('s', every => '10 seconds'), 'it is not new');
select is(
  pg_temp.row() - 'next_tick',
  '{"every": "00:00:10", "task_identifier": "s", "time_zone": "UTC", "job_key_mode": "replace", "backfill": "00:00:00",
    "jitter": "00:00:00", "skip_if_running": false}'::jsonb, 'what is not given is as if it was new, its error is gone'
);
select is((select s.updated_by from graphile_worker._private_schedules as s), session_user::text, 'by this one');

-- Neither a tick that was scheduled, nor a pause.
update graphile_worker._private_known_crontabs set last_execution = date_trunc('minute', now()) + interval '3 minutes';
select graphile_worker.set_schedule('s', cron => '* * * * *');
select is(
  (select s.next_tick from graphile_worker._private_schedules as s),
  date_trunc('minute', now()) + interval '4 minutes', 'an edit does not repeat what was scheduled'
);
update graphile_worker._private_schedules set next_tick = '2026-01-01 08:00+00';
select graphile_worker.set_schedule('s', cron => '* * * * *', task => 'other');
select is(
  (select s.next_tick from graphile_worker._private_schedules as s), '2026-01-01 08:00+00'::timestamptz,
  'one that does not change when it is due leaves what is overdue'
);
update graphile_worker._private_schedules set error = 'its last job was refused', error_at = now();
select graphile_worker.set_schedule(s.identifier, cron => s.cron, every => s.every, task => 'other', time_zone => s.time_zone)
from graphile_worker._private_schedules as s where s.identifier = 's';
select ok(
  (select s.next_tick < now() and s.error is null from graphile_worker._private_schedules as s where s.identifier = 's'),
  'whatever became of the last tick'
);
select graphile_worker.pause_schedule('s');
select graphile_worker.set_schedule('s', cron => '*/2 * * * *');
select ok(
  (select s.paused_at is not null and s.next_tick is null from graphile_worker._private_schedules as s), 'a pause stays'
);

select throws_ok(format('select graphile_worker.set_schedule(%s)', c.arguments), c.code, null, c.code || ' ' || c.arguments)
from (
  values
  ('GWBSC', '''x'''), ('GWBSC', '''x'', ''0 0 31 4 *'''), ('GWBTZ', '''x'', ''* * * * *'', time_zone => ''Rome'''),
  ('GWBCI', 'null, ''* * * * *'''), ('GWBID', '''x'', ''* * * * *'', task => ''''')
) as c (code, arguments);
select graphile_worker.publish_schedules('crontab', '[{"task": "f", "cron": "* * * * *", "line": 3}]');
select throws_ok(
  $$select graphile_worker.set_schedule('f', '0 0 * * *')$$, 'GWROS', 'schedule ''f'' stands in crontab:3', 'a crontab''s'
);
select is(pg_temp.row('x'), null, 'what is refused is not there');

select * from finish();
