-- What is no longer needed is removed.
select plan(36);

create function pg_temp.left_over() returns text language sql as $$
  select format(
    'jobs: %s; tasks: %s; queues: %s',
    (select string_agg(j.key, ' ' order by j.key) from graphile_worker._private_jobs as j),
    (select string_agg(t.identifier, ' ' order by t.identifier) from graphile_worker._private_tasks as t),
    (select string_agg(q.queue_name, ' ' order by q.queue_name) from graphile_worker._private_job_queues as q)
  )
$$;
create function pg_temp.fill() returns void language sql as $$
  delete from graphile_worker._private_jobs;
  delete from graphile_worker._private_tasks;
  delete from graphile_worker._private_job_queues;
  select
    graphile_worker._private_task_id('unused1'), graphile_worker._private_task_id('unused2'),
    graphile_worker._private_queue_id('unused'), graphile_worker._private_queue_id('unused but locked');
  select graphile_worker.add_job('used', '{}', 'used', job_key => 'free');
  select graphile_worker.add_job('of a failed job', '{}', 'of a failed job', job_key => 'failed');
  select graphile_worker.add_job('of a running job', '{}', 'of a running job', job_key => 'in its last attempt');
  select graphile_worker.add_job('used', job_key => 'beyond');
  update graphile_worker._private_jobs set attempts = max_attempts where key in ('failed', 'in its last attempt');
  update graphile_worker._private_jobs set max_attempts = 3, attempts = 4 where key = 'beyond';
  update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where key = 'in its last attempt';
  update graphile_worker._private_job_queues
  set locked_by = 'w', locked_at = now()
  where queue_name = 'unused but locked';
$$;

-- One task at a time -------------------------------------------------------------------------------------------------

select pg_temp.fill();
select results_eq(
  $$select * from graphile_worker.cleanup('{delete_permanently_failed_jobs}')$$,
  $$values ('delete_permanently_failed_jobs', 2::bigint)$$,
  'delete_permanently_failed_jobs: the number of jobs'
);
select is(
  pg_temp.left_over(),
  'jobs: free in its last attempt; '
  'tasks: of a failed job of a running job unused1 unused2 used; '
  'queues: of a failed job of a running job unused unused but locked used',
  'jobs out of attempts are gone, but not one that runs, and neither tasks nor queues'
);

select pg_temp.fill();
select results_eq(
  $$select * from graphile_worker.cleanup('{gc_task_identifiers}')$$, $$values ('gc_task_identifiers', 2::bigint)$$,
  'gc_task_identifiers: the number of tasks'
);
select is(
  pg_temp.left_over(),
  'jobs: beyond failed free in its last attempt; '
  'tasks: of a failed job of a running job used; '
  'queues: of a failed job of a running job unused unused but locked used',
  'tasks that no job refers to are gone; a failed job is a job'
);

select pg_temp.fill();
select results_eq(
  $$select * from graphile_worker.cleanup('{gc_job_queues}')$$, $$values ('gc_job_queues', 1::bigint)$$,
  'gc_job_queues: the number of queues'
);
select is(
  pg_temp.left_over(),
  'jobs: beyond failed free in its last attempt; '
  'tasks: of a failed job of a running job unused1 unused2 used; '
  'queues: of a failed job of a running job unused but locked used',
  'queues that no job refers to are gone, but not one that is locked'
);

-- Keep ---------------------------------------------------------------------------------------------------------------

select pg_temp.fill();
select results_eq(
  $$select * from graphile_worker.cleanup(tasks => '{gc_task_identifiers}', keep => '{unused2,no such,used}')$$,
  $$values ('gc_task_identifiers', 1::bigint)$$,
  'keep: not those tasks'
);
select isnt_empty(
  $$select from graphile_worker._private_tasks where identifier = 'unused2'$$, 'what is to be kept is there'
);
select is_empty($$select from graphile_worker._private_tasks where identifier = 'unused1'$$, 'what is not is gone');
select results_eq(
  $$select * from graphile_worker.cleanup('{gc_task_identifiers}', '{}')$$,
  $$values ('gc_task_identifiers', 1::bigint)$$,
  'keep: none of them'
);

-- All, in an order in which each makes room for the next --------------------------------------------------------------

select pg_temp.fill();
select results_eq(
  'select * from graphile_worker.cleanup()',
  $$values ('delete_permanently_failed_jobs', 2::bigint), ('gc_task_identifiers', 3), ('gc_job_queues', 2)$$,
  'all three by default, a row for each'
);
select is(
  pg_temp.left_over(),
  'jobs: free in its last attempt; tasks: of a running job used; queues: of a running job unused but locked used',
  'tasks and queues of jobs that were deleted go with them'
);
select results_eq(
  'select * from graphile_worker.cleanup()',
  $$values ('delete_permanently_failed_jobs', 0::bigint), ('gc_task_identifiers', 0), ('gc_job_queues', 0)$$,
  'a second time: nothing left to do'
);
select results_eq(
  $$select c.task from graphile_worker.cleanup('{gc_job_queues,delete_permanently_failed_jobs}') as c$$,
  $$values ('delete_permanently_failed_jobs'), ('gc_job_queues')$$,
  'several, in whatever order they are named'
);
select is_empty($$select * from graphile_worker.cleanup('{}')$$, 'none at all');
select isnt_empty(
  $$select from graphile_worker.get_jobs('v') as g where g.key = 'free'$$, 'what is left can be claimed'
);
delete from graphile_worker._private_jobs;
update graphile_worker._private_job_queues set locked_by = null, locked_at = null;
select results_eq(
  'select * from graphile_worker.cleanup()',
  $$values ('delete_permanently_failed_jobs', 0::bigint), ('gc_task_identifiers', 2), ('gc_job_queues', 3)$$,
  'an empty table leaves nothing'
);
select is(pg_temp.left_over(), 'jobs: ; tasks: ; queues: ', 'nothing at all');
select lives_ok($$select graphile_worker.add_job('used', queue_name => 'used')$$, 'what is needed again is made again');

-- Beforehand ---------------------------------------------------------------------------------------------------------

select pg_temp.fill();
create temp table as_it_was as select pg_temp.left_over() as text;
select results_eq(
  $$select * from graphile_worker.cleanup(null, null, null, dry_run => true)$$,
  $$
    values
      ('delete_permanently_failed_jobs', 2::bigint, null::text[]),
      ('gc_task_identifiers', 3, '{of a failed job,unused1,unused2}'), ('gc_job_queues', 2, '{of a failed job,unused}')
  $$,
  'dry_run: the rows of the removal, and names'
);
select results_eq(
  $$select c.task, c.removed from graphile_worker.cleanup('{gc_job_queues}', '{}', 1, null) as c$$,
  $$values ('gc_job_queues', 1::bigint)$$,
  'null is a dry run, too'
);
select is(pg_temp.left_over(), a.text, 'nothing is removed') from as_it_was as a;
select throws_ok($$select graphile_worker.cleanup('{gc}', null, null, true)$$, 'GWBCT', null, 'GWBCT: a dry run');
select results_eq(
  $$select * from graphile_worker.cleanup('{gc_task_identifiers}', '{unused1}', 10, false)$$,
  $$values ('gc_task_identifiers', 1::bigint, '{unused2}'::text[])$$,
  'false: done, with names'
);
select is_empty($$select from graphile_worker._private_tasks where identifier = 'unused2'$$, 'and it is gone');

-- Bounds -------------------------------------------------------------------------------------------------------------

select pg_temp.fill();
select throws_ok(format('select graphile_worker.cleanup(%L)', c.tasks::text[]), 'GWBCT', null, 'GWBCT: ' || c.name)
from (values
  ('{delete_permanently_failed_jobs,gc}', 'an unknown task'),
  ('{delete_permanently_failed_jobs,null}', 'a task that is null'),
  ('{""}', 'an empty one')
) as c (tasks, name);
select throws_like($$select graphile_worker.cleanup('{vacuum}')$$, '%vacuum%', 'GWBCT names the task');
select is((select count(*) from graphile_worker._private_jobs), 4::bigint, 'a refused call removes nothing');

-- So many at a time --------------------------------------------------------------------------------------------------

delete from graphile_worker._private_jobs;
insert into graphile_worker._private_jobs (task_id, attempts)
select t.id, 25 from generate_series(1, 3) as n (n) cross join graphile_worker._private_tasks as t
where t.identifier = 'used';
select results_eq(
  $$select c.removed from graphile_worker.cleanup('{delete_permanently_failed_jobs}', max_rows => 2) as c$$,
  '{2}'::bigint[],
  'max_rows jobs'
);
select results_eq(
  $$select c.removed from graphile_worker.cleanup('{delete_permanently_failed_jobs}', max_rows => 2) as c$$,
  '{1}'::bigint[],
  'then the rest'
);
-- As long as the planner believes that there is one.
select graphile_worker.add_job('used');
analyze graphile_worker._private_jobs;
insert into graphile_worker._private_jobs (task_id, attempts)
select t.id, 25 from generate_series(1, 5) as n (n) cross join graphile_worker._private_tasks as t
where t.identifier = 'used';
set local plan_cache_mode = force_custom_plan;
select results_eq(
  $$select c.removed from graphile_worker.cleanup('{delete_permanently_failed_jobs}', max_rows => 2) as c$$,
  '{2}'::bigint[],
  'no more than that, however the plan joins them'
);
reset plan_cache_mode;
delete from graphile_worker._private_jobs;
select graphile_worker._private_task_id('u' || n::text), graphile_worker._private_queue_id('u' || n::text)
from generate_series(1, 5) as n (n);
select results_eq(
  $$select c.removed from graphile_worker.cleanup('{gc_task_identifiers,gc_job_queues}', max_rows => 4) as c$$,
  '{4,4}'::bigint[],
  'of each task of cleanup'
);
select is(
  (select count(*) from graphile_worker.cleanup(max_rows => 1)), 3::bigint, 'all tasks of cleanup, with a limit'
);
select throws_ok($$select * from graphile_worker.cleanup(max_rows => 0)$$, 'GWBLM', null, 'GWBLM: nothing at all');

select * from finish();
