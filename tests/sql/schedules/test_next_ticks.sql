-- Cron, evaluated here; against Python and minute by minute: tests/py/schedules/test_next_ticks.py.
select plan(13);

select results_eq(
  $$select t from graphile_worker.next_ticks('0 8 * * 1', '2026-01-01 00:00+00', 'Europe/Vienna', 2) as t$$,
  $$values ('2026-01-05 07:00+00'::timestamptz), ('2026-01-12 07:00+00')$$, 'the next two'
);
select is(graphile_worker.next_ticks('* * * * *'), date_trunc('minute', now()) + interval '1 minute', 'after now');
select is(graphile_worker.next_ticks('* * * * *', null), graphile_worker.next_ticks('* * * * *'), 'null is now');
select is(
  graphile_worker.next_ticks('0 12 29 2 *', '2096-02-29 12:00+00'), '2104-02-29 12:00+00'::timestamptz, 'no leap year between'
);
select is_empty($$select graphile_worker.next_ticks('* * * * *', '9999-12-31 23:59+00')$$, 'the calendar ends');
select is_empty(
  $$select graphile_worker.next_ticks('59 23 31 12 *', '9999-06-01 00:00+00', 'America/New_York')$$, 'that of UTC'
);
select is(
  (
    select max(t) < '10000-01-01 00:00+00'
    from graphile_worker.next_ticks('*/30 * * * *', '9999-12-31 12:00+00', 'Pacific/Honolulu', 1000) as t
  ), true, 'for every zone'
);
select throws_ok(format('select graphile_worker.next_ticks(%s)', c.arguments), c.code, null, c.code || ' ' || c.arguments)
from (
  values
  ('GWBSC', '''0 0 30 2 *'''),
  ('GWBSC', 'null'),
  ('GWBTZ', '''* * * * *'', time_zone => ''Paris'''),
  ('GWBTI', '''* * * * *'', ''infinity'''),
  ('GWBLM', '''* * * * *'', count => 0'),
  ('GWBLM', '''* * * * *'', count => 10001')
) as c (code, arguments);

select * from finish();
