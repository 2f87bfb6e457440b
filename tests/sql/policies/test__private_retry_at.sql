-- When a job that failed is due again.
select plan(8);

select is(
  graphile_worker._private_retry_at(
    failed_at => '2026-01-01 12:00+00', run_at => c.run_at::timestamptz, attempts => c.attempts,
    retry_at => c.retry_at::timestamptz, retry => c.retry::jsonb
  ),
  c.due::timestamptz, c.what
)
from (values
  ('2026-01-01 11:00+00', 3, null, '{"kind": "linear", "base": "1m"}', '2026-01-01 12:03+00', 'policy, from the failure on'),
  ('2026-01-01 13:00+00', 1, null, '{"kind": "linear", "base": "1m"}', '2026-01-01 13:01+00', 'or from run_at, if later'),
  ('2026-01-01 11:00+00', 1, '2026-01-05 00:00+00', '{"kind": "linear", "base": "1m"}', '2026-01-05 00:00+00',
   'at the instant that is given, whatever the policy'),
  ('2026-01-01 13:00+00', 1, '2026-01-01 12:30+00', null, '2026-01-01 12:30+00', 'or run_at')
) as c (run_at, attempts, retry_at, retry, due, what);
select is(
  date_trunc('second', graphile_worker._private_retry_at(
    failed_at => '2026-01-01 12:00+00', run_at => c.run_at::timestamptz, attempts => c.attempts, retry_at => null,
    retry => null
  )),
  c.due::timestamptz, 'without a policy: ' || c.what
)
from (values
  ('2026-01-01 11:00+00', 1, '2026-01-01 12:00:02+00', 'e seconds'),
  ('2026-01-01 13:00+00', 2, '2026-01-01 13:00:07+00', 'e^2 seconds, from run_at on, if later'),
  ('2026-01-01 11:00+00', 10, '2026-01-01 18:07:06+00', 'e^10 seconds'),
  ('2026-01-01 11:00+00', 99, '2026-01-01 18:07:06+00', 'never more')
) as c (run_at, attempts, due, what);

select * from finish();
