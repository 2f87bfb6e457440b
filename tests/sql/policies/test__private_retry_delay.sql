-- How long a job waits before another attempt.
select plan(24);

select is(graphile_worker._private_retry_delay(c.retry::jsonb, c.attempts), c.delay::interval, c.retry || ': ' || c.attempts)
from (values
  ('{"kind": "exponential", "base": "2s"}', 1, '2 seconds'),
  ('{"kind": "exponential", "base": "2s"}', 2, '4 seconds'),
  ('{"kind": "exponential", "base": "2s"}', 5, '32 seconds'),
  ('{"kind": "exponential", "base": "2s"}', 32767, '6 hours'),
  ('{"kind": "exponential", "base": "2s"}', 0, '2 seconds'),
  ('{"kind": "exponential", "base": "1 day"}', 9, '1 day'),
  ('{"kind": "exponential", "base": "2s", "factor": 3, "cap": "1 minute"}', 3, '18 seconds'),
  ('{"kind": "exponential", "base": "2s", "factor": 3, "cap": "1 minute"}', 5, '1 minute'),
  ('{"kind": "exponential", "base": "2s", "factor": 1}', 1000, '2 seconds'),
  ('{"kind": "exponential", "base": "10 years", "factor": 1000, "cap": "10 years"}', 32767, '315576000 seconds'),
  ('{"kind": "linear", "base": "90 s"}', 1, '90 seconds'),
  ('{"kind": "linear", "base": "90 s"}', 4, '6 minutes'),
  ('{"kind": "linear", "base": "90 s", "cap": "2 min"}', 4, '2 minutes'),
  ('{"kind": "linear", "base": "90 s"}', 32767, '6 hours'),
  ('{"kind": "fixed", "delays": ["1s", "1m", 5]}', 1, '1 second'),
  ('{"kind": "fixed", "delays": ["1s", "1m", 5]}', 2, '1 minute'),
  ('{"kind": "fixed", "delays": ["1s", "1m", 5]}', 3, '5 seconds'),
  ('{"kind": "fixed", "delays": ["1s", "1m", 5]}', 99, '5 seconds'),
  ('{"kind": "fixed", "delays": ["0"]}', 1, '0')
) as c (retry, attempts, delay);

create temp table jittered as
select graphile_worker._private_retry_delay('{"kind": "fixed", "delays": ["100s"], "jitter": 0.1}', 1) as delay
from generate_series(1, 1000);
select ok(bool_and(j.delay between '90 seconds' and '100 seconds'), 'jitter 0.1: up to a tenth is taken off') from jittered as j;
select ok(max(j.delay) - min(j.delay) > '8 seconds', 'at random') from jittered as j;
select ok(count(distinct j.delay) > 900, 'for each anew') from jittered as j;
create temp table full_jitter as
select graphile_worker._private_retry_delay('{"kind": "linear", "base": "100s", "jitter": 1}', 2) as delay
from generate_series(1, 1000);
select ok(bool_and(j.delay between '0' and '200 seconds'), 'jitter 1: anything up to the delay') from full_jitter as j;
select ok(max(j.delay) - min(j.delay) > '160 seconds', 'at random') from full_jitter as j;

select * from finish();
