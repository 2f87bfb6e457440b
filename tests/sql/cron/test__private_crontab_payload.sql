-- The payload of a job that a crontab entry makes.
select plan(8);

select is(
  graphile_worker._private_crontab_payload(p.payload::json, p.tick::timestamptz, p.backfilled)::text, p.expected, p.name
)
from (values
  (
    null, '2026-11-24 02:25:00+00', true, '{"_cron":{"ts":"2026-11-24T02:25:00.000Z","backfilled":true}}',
    'no payload'
  ),
  ('{}', '2026-11-24 02:25:00.5+00', false, '{"_cron":{"ts":"2026-11-24T02:25:00.500Z","backfilled":false}}', 'an empty one'),
  (
    '{"b": 1.10, "a": [1, {"x":null}], "b" : "ü\n"}', '2026-11-24 02:25:00+02', false,
    '{"_cron":{"ts":"2026-11-24T00:25:00.000Z","backfilled":false},"b":1.10,"a":[1, {"x":null}],"b":"ü\n"}',
    'the rest stays as it was written, duplicates and all'
  ),
  (
    '{"_cron": 1, "a": 2}', '2026-11-24 02:25:00+00', false,
    '{"_cron":{"ts":"2026-11-24T02:25:00.000Z","backfilled":false},"a":2}', 'a _cron of its own is replaced'
  ),
  (
    '{"\ud800": "a\u0000\\u0000", "\u0041": "\u0041"}', '2026-11-24 02:25:00+00', false,
    '{"_cron":{"ts":"2026-11-24T02:25:00.000Z","backfilled":false},"\ud800":"a\u0000\\u0000","A":"\u0041"}',
    'escapes that can not be read stay as they are'
  ),
  (
    '{"_\u0063ron": 1, "a": "\u20ac"}', '2026-11-24 02:25:00+00', false,
    '{"_cron":{"ts":"2026-11-24T02:25:00.000Z","backfilled":false},"a":"\u20ac"}', 'a _cron in disguise'
  ),
  (
    '{"say \"hi\"\n": 1}', '2026-11-24 02:25:00+00', false,
    '{"_cron":{"ts":"2026-11-24T02:25:00.000Z","backfilled":false},"say \"hi\"\n":1}', 'keys are quoted again'
  )
) as p (payload, tick, backfilled, expected, name);

set local timezone = 'America/St_Johns';
set local datestyle = 'german';
select is(
  graphile_worker._private_crontab_payload(null, '2026-11-24 02:25:00+00', false) #>> '{_cron,ts}',
  '2026-11-24T02:25:00.000Z', 'the settings of the session do not matter'
);

select * from finish();
