-- Workers say what their code wants.
select plan(28);

create function pg_temp.says(task text, origin text default 'worker') returns text language sql as $$
  select concat_ws(', ', p.timeout, p.retry, p.max_attempts, p.priority, p.expires_after, p.bad_payload)
  from graphile_worker._private_task_policies as p
  where p.task_identifier = says.task and p.origin = says.origin
$$;
select is(
  graphile_worker.publish_task_policies('{
    "t": {"timeout": "5 minutes", "retry": {"kind": "fixed", "delays": [1]}, "max_attempts": 3, "priority": -1,
          "expires_after": 3600.5, "bad_payload": "fail"},
    "u": {"timeout": null, "max_attempts": 4},
    "v": {}
  }'),
  2, 'two policies'
);
select is(
  pg_temp.says('t'), '00:05:00, {"kind": "fixed", "delays": [1]}, 3, -1, 01:00:00.5, fail', 'all that one says'
);
select is(pg_temp.says('u'), '4', 'null is as if it were not there');
select is(pg_temp.says('v'), null, 'who says nothing has none');
select results_eq(
  'select distinct p.set_at, p.set_by, p.reason from graphile_worker._private_task_policies as p',
  'select now(), session_user::text collate "default", null::text', 'since when, by whom'
);
select set_eq(
  'select r.room from graphile_worker._private_rooms as r', $$values ('policies'), ('expiry')$$, 'the rooms are in use'
);

-- Two releases.
select is(
  graphile_worker.publish_task_policies('{"t": {"max_attempts": 5}, "u": {}}', now() - interval '1 second'), 0,
  'one that started earlier comes too late'
);
select is(pg_temp.says('u'), '4', 'with what it does not say, too');
select is(graphile_worker.publish_task_policies('{"t": {"max_attempts": 5}}', now() + interval '1 hour'), 1,
  'one that started later');
select is(pg_temp.says('t'), '5', 'replaces what others have said, and all of it');
select is(pg_temp.says('u'), '4', 'where it says something');
select is((select max(p.set_at) from graphile_worker._private_task_policies as p), now(), 'nobody starts after now');
select is(graphile_worker.publish_task_policies('{"t": {"max_attempts": 6}}', null), 1, 'null is now');
select is(graphile_worker.publish_task_policies('{"u": {}}'), 1, 'who says nothing any more');
select is(pg_temp.says('u'), null, 'takes back what was said');

-- Operators.
select graphile_worker.set_task_policy('t', max_attempts => 9);
select is(graphile_worker.publish_task_policies('{"t": {"max_attempts": 7, "timeout": 60}}'), 1, 'beside an operator');
select results_eq(
  $$select p.max_attempts, p.timeout, p.from_operator from graphile_worker.list_task_policies('{t}') as p$$,
  $$values (9, interval '1 minute', '{max_attempts}'::text[])$$, 'whose word comes first'
);
select is(pg_temp.says('t', 'operator'), '9', 'and is left alone');
select is(graphile_worker.publish_task_policies('{}'), 0, 'nothing at all');

select throws_ok(
  format('select graphile_worker.publish_task_policies(%L)', c.policies), c.code, null,
  c.code || ': ' || coalesce(left(c.policies, 60), 'null')
)
from (values
  (null, 'GWBPO'),
  ('[]', 'GWBPO'),
  ('{"t": 3}', 'GWBPO'),
  ('{"t": {"max_attempt": 3}}', 'GWBPO'),
  ('{"t": {"max_attempts": "many"}}', 'GWBPO'),
  ('{"t": {"timeout": "soon"}}', 'GWBPO'),
  ('{"t": {"retry": {"kind": "never"}}}', 'GWBPO'),
  ('{"t": {"max_attempts": 0}}', 'GWBMA'),
  (format('{"%s": {"max_attempts": 1}}', repeat('x', 129)), 'GWBID')
) as c (policies, code);

select * from finish();
