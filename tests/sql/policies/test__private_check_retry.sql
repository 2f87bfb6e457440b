-- The retries of a policy.
select plan(30);

select lives_ok(format('select graphile_worker._private_check_retry(%L)', c.retry), coalesce(c.retry, 'null') || ' is good')
from (values
  (null),
  ('{"kind": "exponential", "base": "2s"}'),
  ('{"kind": "exponential", "base": "2s", "factor": 1.5, "cap": "1h", "jitter": 0.1}'),
  ('{"kind": "exponential", "base": 2, "factor": 1, "cap": 2, "jitter": 1}'),
  ('{"kind": "linear", "base": "1 minute", "cap": "1 day"}'),
  ('{"kind": "fixed", "delays": ["0", "1s", "1 month"], "jitter": 0}')
) as c (retry);
select throws_ok(
  format('select graphile_worker._private_check_retry(%L)', c.retry), 'GWBPO', null, 'GWBPO: ' || c.retry
)
from (values
  ('null'), ('[]'), ('"exponential"'), ('{}'),
  ('{"kind": "quadratic", "base": "2s"}'),
  ('{"kind": "exponential"}'),
  ('{"kind": "exponential", "base": "2s", "jiter": 0.1}'),
  ('{"kind": "exponential", "base": "2s", "delays": ["1s"]}'),
  ('{"kind": "exponential", "base": "two"}'),
  ('{"kind": "exponential", "base": null, "cap": "-1h"}'),
  ('{"kind": "exponential", "base": "0s"}'),
  ('{"kind": "exponential", "base": "-1s"}'),
  ('{"kind": "exponential", "base": "11 years"}'),
  ('{"kind": "exponential", "base": "2s", "cap": "1s"}'),
  ('{"kind": "exponential", "base": "2s", "cap": "1000000 years"}'),
  ('{"kind": "exponential", "base": "2s", "factor": 0.5}'),
  ('{"kind": "exponential", "base": "2s", "factor": "two"}'),
  ('{"kind": "exponential", "base": "2s", "jitter": 1.1}'),
  ('{"kind": "linear", "base": "2s", "factor": 2}'),
  ('{"kind": "fixed", "delays": ["1s"], "base": "1s"}'),
  ('{"kind": "fixed", "delays": ["1s"], "cap": "1s"}'),
  ('{"kind": "fixed", "delays": []}'),
  ('{"kind": "fixed", "delays": ["1s", null]}'),
  ('{"kind": "fixed", "delays": "1s"}')
) as c (retry);

select * from finish();
