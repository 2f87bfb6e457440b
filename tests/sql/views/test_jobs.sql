-- The view that applications may read.
select plan(6);

select columns_are(
  'graphile_worker', 'jobs',
  array[
    'id', 'queue_name', 'task_identifier', 'priority', 'run_at', 'attempts', 'max_attempts', 'last_error', 'created_at',
    'updated_at', 'key', 'locked_at', 'locked_by', 'revision', 'flags'
  ],
  'its columns; never the payload'
);
select is_empty('select * from graphile_worker.jobs', 'nothing there: no row');

create temp table added as
select (graphile_worker.add_job(
  't', '[1]', 'q', now() - interval '1 hour', 7, 'k', -3, '{red}'
)).id;
select graphile_worker.add_job('u');
select graphile_worker.get_jobs('w', '{t}');
update graphile_worker._private_jobs
set
  locked_at = now() - interval '1 minute', last_error = 'boom', created_at = now() - interval '3 hours', updated_at = now() - interval '2 hours', revision = 5
where key = 'k';
select results_eq(
  $$
    select
      j.id, j.queue_name, j.task_identifier, j.priority::int, j.run_at, j.attempts::int, j.max_attempts::int,
      j.last_error,
      j.created_at, j.updated_at, j.key, j.locked_at, j.locked_by, j.revision, j.flags
    from graphile_worker.jobs as j where j.task_identifier = 't'
  $$,
  $$
    select
      a.id, 'q', 't', -3, now() - interval '1 hour', 1, 7, 'boom',
      now() - interval '3 hours', now() - interval '2 hours', 'k', now() - interval '1 minute', 'w', 5,
      '{"red": true}'::jsonb
    from added as a
  $$,
  'every column shows what the table has, names in place of ids'
);
select results_eq(
  $$select j.queue_name, j.task_identifier from graphile_worker.jobs as j where j.task_identifier = 'u'$$,
  $$values (null::text, 'u')$$,
  'a job without a queue is there'
);
select is(
  (select count(*) from graphile_worker.jobs), (select count(*) from graphile_worker._private_jobs), 'every job, once'
);
select isnt(
  obj_description('graphile_worker.jobs'::regclass, 'pg_class'), null, 'it has a comment'
);

select * from finish();
