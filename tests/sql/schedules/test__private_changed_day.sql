-- The ticks of a day on which clocks are changed; more in tests/py/schedules/test_next_ticks.py.
select plan(6);

create function pg_temp.ticks(day date, expression text, zone text) returns text language sql as $$
  select string_agg(to_char(t at time zone zone, 'DD HH24:MI') || to_char(t at time zone 'UTC', '=HH24:MI'), ', ' order by t)
  from graphile_worker._private_cron_masks(expression) as m,
    unnest(graphile_worker._private_changed_day(day, m.minutes, m.hours, zone)) as t
$$;
select is(
  pg_temp.ticks('2024-03-31', '30 2 * * *', 'Europe/Paris'), '31 03:30=01:30', 'a time that is skipped moves with the clocks'
);
select is(
  pg_temp.ticks('2024-03-31', '0,30 2,3 * * *', 'Europe/Paris'), '31 03:00=01:00, 31 03:30=01:30', 'and falls on another one'
);
select is(pg_temp.ticks('2024-10-27', '30 2 * * *', 'Europe/Paris'), '27 02:30=00:30', 'of two the first');
select is(
  pg_temp.ticks('2024-10-27', '30 1-3 * * *', 'Europe/Paris'), '27 01:30=23:30, 27 02:30=00:30, 27 03:30=02:30',
  'for certain hours'
);
select matches(
  pg_temp.ticks('2024-10-27', '30 * * * *', 'Europe/Paris'), '01:30=23:30, 27 02:30=00:30, 27 02:30=01:30, 27 03:30=02:30',
  'every hour is both'
);
select is(pg_temp.ticks('2011-12-30', '0 12 * * *', 'Pacific/Apia'), '31 12:00=22:00', 'a day that is skipped');

select * from finish();
