-- A task goes on.
select plan(6);

select graphile_worker.add_job('t') from generate_series(1, 3);
select graphile_worker.pause_task('t'), graphile_worker.pause_task('r'), graphile_worker.pause_queue('t');
select ok(graphile_worker.resume_task('t'), 'it was paused');
select results_eq(
  'select p.kind, p.name from graphile_worker.list_paused() as p order by 1', $$values ('queue', 't'), ('task', 'r')$$,
  'this task goes on, and nothing else'
);
select ok(not graphile_worker.resume_task('t'), 'again: it was not');
select ok(not graphile_worker.resume_task('unheard of'), 'nor was one that does not exist');
select is(graphile_worker.resume_task(null), null, 'null in, null out');

select graphile_worker.pause_task('e');
update graphile_worker._private_paused_tasks set until = now() where task_identifier = 'e';
select ok(not graphile_worker.resume_task('e'), 'one that is over is none');

select * from finish();
