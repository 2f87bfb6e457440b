-- The policies of tasks.
select plan(3);

select is_empty('select from graphile_worker.list_task_policies()', 'none');
select graphile_worker.publish_task_policies('{"b": {"max_attempts": 3}, "a": {"timeout": "1 minute", "priority": 2}}');
select graphile_worker.set_task_policy('b', max_attempts => 4, reason => 'why');
select results_eq(
  'select p.* from graphile_worker.list_task_policies() as p',
  $$select 'a', interval '1 minute', null::jsonb, null::int, 2, null::interval, null::text, '{}'::text[], now(),
      session_user::text collate "default", null::text
    union all select 'b', null, null, 4, null, null, null, '{max_attempts}', now(), session_user::text collate "default", 'why'$$,
  'by name: what holds, and whence'
);
select results_eq(
  $$select p.task_identifier from graphile_worker.list_task_policies('{b,c}') as p$$, $$values ('b')$$, 'of some tasks'
);

select * from finish();
