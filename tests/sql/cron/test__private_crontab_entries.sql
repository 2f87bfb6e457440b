-- The entries of schedule_crontabs: a job each, or what keeps it from having one.
select plan(21);

select is_empty($$select * from graphile_worker._private_crontab_entries('[]')$$, 'none');
select results_eq(
  $$
    select e.identifier, e.task, e.payload::text, e.queue_name, e.job_key_mode, e.error
    from graphile_worker._private_crontab_entries('[{"identifier": "i", "task": "t", "payload": {"a" : 1.0}}]') as e
  $$,
  $$values ('i', 't', '{"a" : 1.0}', null::text, 'replace', null::jsonb)$$,
  'the job of a good one'
);
select throws_ok(
  format('select * from graphile_worker._private_crontab_entries(%L)', c.entries), 'GWBCE', null, 'GWBCE: ' || c.name
)
from (values (null, 'null'), ('null', 'a JSON null'), ('{"task": "t"}', 'an object'), ('"t"', 'a string')) as c (entries, name);
select results_eq(
  format(
    $$
      select e.identifier, e.error ->> 'code', e.task is null
      from graphile_worker._private_crontab_entries(%L) as e
    $$,
    format('[{"identifier": "good", "task": "t"}, %s]', c.entry)
  ),
  format($$values ('good', null::text, false), (%L, %L, true)$$, c.identifier, c.code),
  c.code || ' is of that entry alone: ' || c.name
)
from (values
  ('null', null, 'GWBCE', 'null'),
  ('{"task": "t", "jobKey": "k"}', 't', 'GWBCE', 'an unknown attribute'),
  ('{}', null, 'GWBID', 'no task'),
  ('{"identifier": "i", "task": ""}', 'i', 'GWBID', 'an empty task'),
  ('{"task": "t", "identifier": ""}', '', 'GWBCI', 'an empty identifier'),
  ('{"task": "u", "identifier": "good"}', 'good', 'GWBCI', 'an identifier that stands twice'),
  ('{"task": "t", "queue_name": ""}', 't', 'GWBQN', 'an empty queue name'),
  ('{"task": "t", "max_attempts": 0}', 't', 'GWBMA', 'no attempts'),
  ('{"task": "t", "max_attempts": 32768}', 't', 'GWBMA', 'too many attempts'),
  ('{"task": "t", "job_key": ""}', 't', 'GWBKY', 'an empty key'),
  ('{"task": "t", "priority": 32768}', 't', 'GWBPR', 'too high a priority'),
  ('{"task": "t", "job_key_mode": "unsafe_dedupe"}', 't', 'GWBKM', 'unsafe_dedupe, which would stop at a failed job'),
  ('{"task": "t", "job_key_mode": "Replace"}', 't', 'GWBKM', 'an unknown mode'),
  ('{"task": "t", "queue_name": "a\u0000"}', 't', '22P05', 'a text that the database can not hold')
) as c (entry, identifier, code, name);
select is(
  (
    select array_agg(e.error ->> 'message')
    from graphile_worker._private_crontab_entries('[{"task": "t"}, {"task": "t"}]') as e
  ),
  array[null, 'crontab identifier ''t'' stands twice'], 'the error has the message'
);

select * from finish();
