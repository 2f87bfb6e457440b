-- The entries of schedule_crontabs: what they may look like.
select plan(30);

select is_empty($$select * from graphile_worker._private_crontab_entries('[]')$$, 'none');
select results_eq(
  $$
    select e.identifier, e.task, e.payload::text, e.queue_name, e.max_attempts, e.priority, e.job_key, e.job_key_mode
    from graphile_worker._private_crontab_entries('[
      {"task": "t"},
      {
        "identifier": "i", "task": "t", "payload": {"a" : 1.0}, "queue_name": "q", "max_attempts": 3, "priority": -4,
        "job_key": "k", "job_key_mode": "preserve_run_at"
      },
      {
        "identifier": null, "task": "u", "payload": null, "queue_name": null, "max_attempts": null, "priority": null,
        "job_key": null, "job_key_mode": null
      }
    ]') as e
  $$,
  $$values
    ('t', 't', null::text, null::text, null::integer, null::integer, null::text, 'replace'),
    ('i', 't', '{"a" : 1.0}', 'q', 3, -4, 'k', 'preserve_run_at'),
    ('u', 'u', null, null, null, null, null, 'replace')
  $$,
  'null and absent attributes have their defaults'
);
select throws_ok(
  format('select * from graphile_worker._private_crontab_entries(%L)', c.entries), c.code, null, c.code || ': ' || c.name
)
from (values
  (null, 'GWBCE', 'null'),
  ('null', 'GWBCE', 'a JSON null'),
  ('{"task": "t"}', 'GWBCE', 'an object'),
  ('"t"', 'GWBCE', 'a string'),
  ('["t"]', 'GWBCE', 'an array of something else'),
  ('[{"task": "t"}, null]', 'GWBCE', 'an entry that is null'),
  ('[{"task": "t", "jobKey": "k"}]', 'GWBCE', 'an unknown attribute'),
  ('[{"task": "t", "jobKey": null}]', 'GWBCE', 'an unknown attribute that is null'),
  ('[{"task": 1}]', 'GWBCE', 'a task that is a number'),
  ('[{"task": "t", "payload": [1]}]', 'GWBCE', 'a payload that is an array'),
  ('[{"task": "t", "payload": "{}"}]', 'GWBCE', 'a payload that is a string'),
  ('[{"task": "t", "priority": "1"}]', 'GWBCE', 'a priority that is a string'),
  ('[{"task": "t", "priority": 1.5}]', 'GWBCE', 'a priority with a fraction'),
  ('[{"task": "t", "max_attempts": 10000000000}]', 'GWBCE', 'max_attempts beyond all integers'),
  ('[{}]', 'GWBID', 'no task'),
  ('[{"identifier": "i", "task": ""}]', 'GWBID', 'an empty task'),
  ('[{"task": "t", "identifier": ""}]', 'GWBCI', 'an empty identifier'),
  ('[{"task": "t"}, {"task": "u"}, {"task": "v", "identifier": "t"}]', 'GWBCI', 'an identifier that stands twice'),
  ('[{"task": "t", "queue_name": ""}]', 'GWBQN', 'an empty queue name'),
  ('[{"task": "t", "max_attempts": 0}]', 'GWBMA', 'no attempts'),
  ('[{"task": "t", "max_attempts": 32768}]', 'GWBMA', 'too many attempts'),
  ('[{"task": "t", "job_key": ""}]', 'GWBKY', 'an empty key'),
  ('[{"task": "t", "priority": 32768}]', 'GWBPR', 'too high a priority'),
  ('[{"task": "t", "job_key_mode": "unsafe_dedupe"}]', 'GWBKM', 'unsafe_dedupe, which would stop at a failed job'),
  ('[{"task": "t", "job_key_mode": "Replace"}]', 'GWBKM', 'an unknown mode')
) as c (entries, code, name);
select throws_like(
  $$select * from graphile_worker._private_crontab_entries('[{"task": "t"}, {"task": "u", "jobKey": "k"}]')$$,
  '%no attribute ''jobKey'' is known: {"task": "u", "jobKey": "k"}%', 'GWBCE names the attribute and the entry'
);
select throws_like(
  $$select * from graphile_worker._private_crontab_entries('[{"task": "t", "priority": 1.5}]')$$,
  '%priority is not an integer%', 'GWBCE says what is wrong'
);
select throws_like(
  $$select * from graphile_worker._private_crontab_entries('[{"task": "t"}, {"task": "t"}]')$$,
  '%''t'' stands twice%', 'GWBCI names the identifier'
);

select * from finish();
