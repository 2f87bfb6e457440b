-- What is paused.
select plan(2);

select is_empty('select * from graphile_worker.list_paused()', 'nothing: no row');
select graphile_worker.set_schedule('s', '* * * * *'), graphile_worker.set_schedule('u', '* * * * *');
select graphile_worker.pause_schedule('s', 'three', now() + interval '1 day'), graphile_worker.pause_schedule('u');
update graphile_worker._private_schedules set paused_at = now() - interval '2 hours';
update graphile_worker._private_schedules set paused_until = now() - interval '1 hour' where identifier = 'u';
select
  graphile_worker.pause_queue('over'), graphile_worker.pause_queue('b', 'one'), graphile_worker.pause_task('a'), graphile_worker.pause_queue('a'),
  graphile_worker.pause_task('u', until => now() + interval '1 hour'), graphile_worker.pause_task('over');
update graphile_worker._private_paused_tasks set paused_at = now() - interval '1 hour' where task_identifier = 'a';
update graphile_worker._private_paused_tasks set until = now() where task_identifier = 'over';
update graphile_worker._private_paused_queues set until = now() where queue_name = 'over';
select results_eq(
  'select * from graphile_worker.list_paused()',
  $$values
    ('schedule', 's', now() - interval '2 hours', session_user::text collate "default", 'three', now() + interval '1 day'),
    ('task', 'a', now() - interval '1 hour', session_user::text collate "default", null, null),
    ('queue', 'a', now(), session_user::text collate "default", null, null),
    ('queue', 'b', now(), session_user::text collate "default", 'one', null),
    ('task', 'u', now(), session_user::text collate "default", null, now() + interval '1 hour')
  $$,
  'the longest first; not what is over'
);

select * from finish();
