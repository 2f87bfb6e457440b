-- The next tick of a schedule, with its start, its end and its pause.
select no_plan();

create function pg_temp.next(changes text, after timestamptz default '2026-01-01 12:00:30+00') returns text language plpgsql as $$
declare
  v_schedule graphile_worker._private_schedules;
begin
  select * into v_schedule from jsonb_populate_record(
    null::graphile_worker._private_schedules, '{"time_zone": "UTC"}'::jsonb || changes::jsonb
  );
  return to_char(graphile_worker._private_schedule_next(v_schedule, after) at time zone 'UTC', 'MM-DD HH24:MI:SS');
end;
$$;
set local time zone 'America/New_York';
select is(pg_temp.next(c.schedule), c.expected, c.schedule)
from (
  values
  ('{"cron": "0 8 * * *"}', '01-02 08:00:00'),
  ('{"cron": "0 8 * * *", "time_zone": "Europe/Paris"}', '01-02 07:00:00'),
  ('{"cron": "0 8 * * *", "starts_at": "2026-01-05 08:00+00"}', '01-05 08:00:00'),
  ('{"cron": "0 8 * * *", "ends_at": "2026-01-02 08:00+00"}', '01-02 08:00:00'),
  ('{"cron": "0 8 * * *", "ends_at": "2026-01-02 07:59+00"}', null),
  ('{"every": "10 seconds"}', '01-01 12:00:40'),
  ('{"every": "7 seconds"}', '01-01 12:00:32'),
  ('{"every": "1 day"}', '01-02 00:00:00'),
  ('{"every": "1 hour", "starts_at": "2025-12-31 00:15:20+00"}', '01-01 12:15:20'),
  ('{"every": "1 hour", "starts_at": "2026-01-01 14:15+00"}', '01-01 14:15:00'),
  ('{"every": "1 hour", "ends_at": "2026-01-01 12:59+00"}', null),
  ('{"every": "1 hour", "paused_at": "2026-01-01"}', null),
  ('{"every": "1 hour", "paused_at": "2026-01-01", "paused_until": "2026-01-03 05:00+00"}', '01-03 05:00:00'),
  ('{"cron": "0 8 * * *", "paused_at": "2026-01-01", "paused_until": "2026-01-03 08:00:01+00"}', '01-04 08:00:00'),
  ('{}', null)
) as c (schedule, expected);
select is(pg_temp.next('{"every": "10 seconds"}', '2026-01-01 12:00:40+00'), '01-01 12:00:50', 'after a tick the next one');
select is(pg_temp.next('{"every": "1 day"}', '2026-03-08 00:00+00'), '03-09 00:00:00', 'no daylight saving time');
select is(pg_temp.next('{"every": "2 days"}', '9999-12-31 12:00+00'), null, 'not beyond what clients can read');
select is(
  pg_temp.next('{"cron": "0 22 31 12 *", "time_zone": "America/New_York"}', '9999-06-01 12:00+00'), null, 'in UTC'
);
select is(pg_temp.next('{"every": "1 day"}', '1969-12-30 12:00+00'), '12-31 00:00:00', 'before 1970');
select is(
  graphile_worker._private_schedule_next(
    schedule => jsonb_populate_record(
      null::graphile_worker._private_schedules, jsonb_build_object('every', c.every, 'starts_at', c.year || '-01-01 00:00+00')
    ),
    after => '2026-01-01 12:00:30+00'
  ),
  c.expected::timestamptz, format('to the microsecond: every %s since %s', c.every, c.year)
)
from (
  values
  ('3.333333 seconds', '0001', '2026-01-01 12:00:33.046131+00'),
  ('86399.999999 seconds', '1600', '2026-01-01 23:59:59.844405+00')
) as c (every, year, expected);
select is(
  count(*) filter (where n.tick <= n.after or n.tick > n.after + interval '3.333333 seconds'), 0::bigint, 'it moves on, and by no more'
)
from generate_series(1, 100) as i
cross join lateral (
  select a.after, graphile_worker._private_schedule_next(schedule => s, after => a.after) as tick
  from jsonb_populate_record(
    null::graphile_worker._private_schedules, '{"every": "3.333333 seconds", "starts_at": "1700-01-01 00:00+00"}'
  ) as s
  cross join lateral (
    select graphile_worker._private_schedule_next(schedule => s, after => now() + i * interval '1.1 seconds') as after
  ) as a
) as n;

select * from finish();
