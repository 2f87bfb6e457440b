-- An operator says what is to become of a task's jobs.
select plan(16);

create function pg_temp.row() returns text language sql as $$
  select concat_ws(', ', p.task_identifier, p.origin, p.timeout, p.retry, p.max_attempts, p.priority, p.expires_after,
    p.bad_payload, p.reason)
  from graphile_worker._private_task_policies as p
$$;
select ok(
  graphile_worker.set_task_policy(
    't', timeout => '5 minutes', retry => '{"kind": "fixed", "delays": ["1s"]}', max_attempts => 3, priority => -1,
    expires_after => '1 hour', bad_payload => 'retry', reason => 'why'
  ),
  'nothing was set before'
);
select is(
  pg_temp.row(), 't, operator, 00:05:00, {"kind": "fixed", "delays": ["1s"]}, 3, -1, 01:00:00, retry, why', 'all is kept'
);
select results_eq(
  'select p.set_at, p.set_by from graphile_worker._private_task_policies as p',
  'select now(), session_user::text collate "default"', 'and since when, by whom'
);
select set_eq(
  'select r.room from graphile_worker._private_rooms as r', $$values ('policies'), ('expiry')$$, 'the rooms are in use'
);
update graphile_worker._private_task_policies set set_at = now() - interval '1 hour', set_by = 'other';
select ok(not graphile_worker.set_task_policy('t', max_attempts => 4), 'something was');
select is(
  pg_temp.row(), 't, operator, 00:05:00, {"kind": "fixed", "delays": ["1s"]}, 4, -1, 01:00:00, retry, why',
  'what is not given stays'
);
select results_eq(
  'select p.set_at, p.set_by from graphile_worker._private_task_policies as p',
  'select now(), session_user::text collate "default"', 'since now, by this one'
);
delete from graphile_worker._private_rooms;
select ok(graphile_worker.set_task_policy('u', timeout => '1 second'), 'another task');
select results_eq('select r.room from graphile_worker._private_rooms as r', $$values ('policies')$$, 'that does not expire');

select throws_ok(format('select graphile_worker.set_task_policy(%s)', c.arguments), c.code, null, c.code || ': ' || c.what)
from (values
  ($$null, timeout => '1 second'$$, 'GWBID', 'no task'),
  ($$repeat('x', 129), timeout => '1 second'$$, 'GWBID', 'too long a name'),
  ($$'t'$$, 'GWBPO', 'nothing to set'),
  ($$'t', timeout => '0'$$, 'GWBPO', 'a time-out that is none'),
  ($$'t', retry => '{"kind": "fixed"}'$$, 'GWBPO', 'retries that are none'),
  ($$'t', max_attempts => 0$$, 'GWBMA', 'no attempt'),
  ($$'t', priority => 99999$$, 'GWBPR', 'a priority that is none')
) as c (arguments, code, what);

select * from finish();
