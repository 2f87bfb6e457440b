-- A task that is paused.
select plan(9);

select ok(graphile_worker.pause_task('t', 'why'), 'it was not paused before');
select results_eq(
  'select p.task_identifier, p.paused_at, p.paused_by, p.reason from graphile_worker._private_paused_tasks as p',
  $$values ('t', now(), session_user::text collate "default", 'why')$$,
  'since when, by whom, and why; the task need not exist'
);
select ok(not graphile_worker.pause_task('t'), 'again: it was');
select is((select p.reason from graphile_worker._private_paused_tasks as p), 'why', 'no reason keeps the old one');
select ok(not graphile_worker.pause_task('t', 'another'), 'and again');
select is((select p.reason from graphile_worker._private_paused_tasks as p), 'another', 'a new one replaces it');
select throws_ok(format('select graphile_worker.pause_task(%L)', c.name), 'GWBID', null, 'GWBID: ' || c.what)
from (values (null, 'no name'), ('', 'an empty name'), (repeat('x', 129), 'too long a name')) as c (name, what);

select * from finish();
