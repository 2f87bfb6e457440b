-- What holds: of each value the operator's, else the workers'.
select plan(4);

insert into graphile_worker._private_task_policies
(task_identifier, origin, timeout, retry, max_attempts, priority, expires_after, bad_payload, set_at, set_by, reason)
values
('both', 'worker', '1 second', '{"a": 1}', 1, 1, '1 minute', 'fail', '2026-01-01', 'w', null),
('both', 'operator', null, '{"a": 2}', 2, null, null, null, '2025-01-01', 'o', 'why'),
('worker', 'worker', '3 seconds', null, null, null, null, null, '2026-01-03', 'w', null),
('operator', 'operator', '4 seconds', '{"a": 4}', 4, 4, '4 minutes', 'retry', '2026-01-04', 'o', null);
select set_eq(
  $$select p.* from graphile_worker._private_effective_policies('{both,worker,operator}') as p$$,
  $$values
    (
      'both', interval '1 second', jsonb '{"a": 2}', 2, 1, interval '1 minute', 'fail',
      '{retry,max_attempts}'::text[], timestamptz '2025-01-01', 'o', 'why'
    ),
    ('worker', '3 seconds', null, null, null, null, null, '{}', '2026-01-03', 'w', null),
    (
      'operator', '4 seconds', '{"a": 4}', 4, 4, '4 minutes', 'retry',
      '{timeout,retry,max_attempts,priority,expires_after,bad_payload}', '2026-01-04', 'o', null
    )$$,
  'what holds'
);
select set_eq(
  $$select p.task_identifier from graphile_worker._private_effective_policies('{both,operator,none,both}') as p$$,
  $$values ('both'), ('operator')$$, 'those of some tasks, once each'
);
select is_empty($$select from graphile_worker._private_effective_policies('{}')$$, 'no task, no policy');
select is_empty($$select from graphile_worker._private_effective_policies('{none}')$$, 'a task without one');

select * from finish();
