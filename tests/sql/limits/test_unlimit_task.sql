-- An operator takes back the limits of a task.
select plan(4);

select is(graphile_worker.unlimit_task('t'), false, 'there were none');
select graphile_worker.publish_limits('{"t": {"max_running": 9}}');
select is(graphile_worker.unlimit_task('t'), false, 'those of workers are not the operator''s');
select graphile_worker.limit_task('t', 3), graphile_worker.limit_task('u', 3);
select ok(graphile_worker.unlimit_task('t'), 'there were');
select results_eq(
  'select f.name, f.max_running from graphile_worker._private_limits_in_force() as f order by 1',
  $$values ('t', 9), ('u', 3)$$,
  'what workers said holds again, and others stay'
);

select * from finish();
