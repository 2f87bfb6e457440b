-- An entry of schedule_crontabs as a row: what it may look like.
select plan(18);

select results_eq(
  format(
    'select e.identifier, e.task, e.payload::text, e.queue_name, e.max_attempts, e.priority, e.job_key, e.job_key_mode
    from graphile_worker._private_crontab_entry(%L) as e', c.entry
  ),
  c.expected, c.name
)
from (values
  (
    '{"task": "t"}',
    $$values ('t', 't', null::text, null::text, null::integer, null::integer, null::text, 'replace')$$, 'defaults'
  ),
  (
    '{
      "identifier": "i", "task": "t", "payload": {"a" : 1.0}, "queue_name": "q", "max_attempts": 3, "priority": -4,
      "job_key": "k", "job_key_mode": "preserve_run_at"
    }',
    $$values ('i', 't', '{"a" : 1.0}', 'q', 3, -4, 'k', 'preserve_run_at')$$, 'all of it'
  ),
  (
    '{
      "identifier": null, "task": "u", "payload": null, "queue_name": null, "max_attempts": null, "priority": null,
      "job_key": null, "job_key_mode": null
    }',
    $$values ('u', 'u', null::text, null::text, null::integer, null::integer, null::text, 'replace')$$, 'null is absent'
  ),
  (
    '{"task": "caf\u00e9", "payload": {"x": "\u0000\ud800"}}',
    $$values ('café', 'café', '{"x": "\u0000\ud800"}', null::text, null::integer, null::integer, null::text, 'replace')$$,
    'a payload keeps its escapes, whatever they are; other texts are read'
  )
) as c (entry, expected, name);
select throws_ok(
  format('select * from graphile_worker._private_crontab_entry(%L)', c.entry), c.code, null, c.code || ': ' || c.name
)
from (values
  (null, 'GWBCE', 'null'),
  ('null', 'GWBCE', 'a JSON null'),
  ('"t"', 'GWBCE', 'a string'),
  ('{"task": "t", "jobKey": "k"}', 'GWBCE', 'an unknown attribute'),
  ('{"task": "t", "jobKey": null}', 'GWBCE', 'an unknown attribute that is null'),
  ('{"task": 1}', 'GWBCE', 'a task that is a number'),
  ('{"task": "t", "payload": [1]}', 'GWBCE', 'a payload that is an array'),
  ('{"task": "t", "payload": "{}"}', 'GWBCE', 'a payload that is a string'),
  ('{"task": "t", "priority": "1"}', 'GWBCE', 'a priority that is a string'),
  ('{"task": "t", "priority": 1.5}', 'GWBCE', 'a priority with a fraction'),
  ('{"task": "t", "max_attempts": 10000000000}', 'GWBCE', 'max_attempts beyond all integers'),
  ('{"task": "a\u0000b"}', '22P05', 'a text that the database can not hold')
) as c (entry, code, name);
select throws_like(
  $$select * from graphile_worker._private_crontab_entry('{"task": "u", "jobKey": "k"}')$$,
  '%no attribute ''jobKey'' is known: {"task": "u", "jobKey": "k"}%', 'GWBCE names the attribute and the entry'
);
select throws_like(
  $$select * from graphile_worker._private_crontab_entry('{"task": "t", "priority": 1.5}')$$,
  '%priority is not an integer%', 'GWBCE says what is wrong'
);

select * from finish();
