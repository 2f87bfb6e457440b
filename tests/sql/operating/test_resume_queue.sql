-- A queue goes on.
select plan(6);

select graphile_worker.pause_queue('q'), graphile_worker.pause_queue('r'), graphile_worker.pause_task('q');
select ok(graphile_worker.resume_queue('q'), 'it was paused');
select results_eq(
  'select p.kind, p.name from graphile_worker.list_paused() as p order by 1', $$values ('queue', 'r'), ('task', 'q')$$,
  'this queue goes on, and nothing else'
);
select ok(not graphile_worker.resume_queue('q'), 'again: it was not');
select ok(not graphile_worker.resume_queue('unheard of'), 'nor was one that does not exist');
select is(graphile_worker.resume_queue(null), null, 'null in, null out');

select graphile_worker.pause_queue('e');
update graphile_worker._private_paused_queues set until = now() where queue_name = 'e';
select ok(not graphile_worker.resume_queue('e'), 'one that is over is none');

select * from finish();
