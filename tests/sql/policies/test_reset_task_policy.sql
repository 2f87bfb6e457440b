-- What an operator has set is taken back.
select plan(5);

select graphile_worker.publish_task_policies('{"t": {"max_attempts": 3}}');
select graphile_worker.set_task_policy('t', max_attempts => 4), graphile_worker.set_task_policy('u', max_attempts => 5);
select ok(graphile_worker.reset_task_policy('t'), 'something was set');
select set_eq(
  'select p.task_identifier, p.max_attempts from graphile_worker.list_task_policies() as p', $$values ('t', 3), ('u', 5)$$,
  'what workers say holds again; another task is left alone'
);
select ok(not graphile_worker.reset_task_policy('t'), 'nothing is any more');
select ok(not graphile_worker.reset_task_policy('unknown'), 'nor of an unknown task');
select is(graphile_worker.reset_task_policy(null), null, 'null for null');

select * from finish();
