-- What a cleanup would remove, as the cleanup itself says.
select no_plan();

create function pg_temp.fill() returns void language sql as $$
  delete from graphile_worker._private_jobs;
  delete from graphile_worker._private_tasks;
  delete from graphile_worker._private_job_queues;
  select
    graphile_worker._private_task_id('unused1'), graphile_worker._private_task_id('unused2'),
    graphile_worker._private_queue_id('unused'), graphile_worker._private_queue_id('unused but locked');
  select graphile_worker.add_job('used', '{}', 'used', job_key => 'free');
  select graphile_worker.add_job('failed1', '{}', 'failed1', job_key => 'failed1');
  select graphile_worker.add_job('failed2', '{}', 'failed2', job_key => 'failed2');
  select graphile_worker.add_job('failed2', '{}', 'failed2', job_key => 'failed3');
  select graphile_worker.add_job('runs', '{}', 'runs', job_key => 'in its last attempt');
  update graphile_worker._private_jobs set attempts = max_attempts where key not in ('free');
  update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where key = 'in its last attempt';
  update graphile_worker._private_job_queues set locked_by = 'w', locked_at = now() where queue_name = 'unused but locked';
$$;
create function pg_temp.both(tasks text[], keep text[], max_rows integer) returns text language plpgsql as $$
declare
  v_would text;
  v_did text;
begin
  perform pg_temp.fill();
  select string_agg(concat_ws(' ', c.task, c.removed, c.names), ', ') into v_would
  from graphile_worker._private_cleanable(tasks, keep, max_rows) as c;
  select string_agg(concat_ws(' ', c.task, c.removed, c.names), ', ') into v_did
  from graphile_worker.cleanup(tasks, keep, max_rows, false) as c;
  return case when v_would is distinct from v_did then v_would || ' but did: ' || v_did else coalesce(v_would, '') end;
end;
$$;
select is(pg_temp.both(c.tasks, c.keep, c.max_rows), c.outcome, c.name)
from (values
  (
    null::text[], null::text[], null::integer,
    'delete_permanently_failed_jobs 3, gc_task_identifiers 4 {failed1,failed2,unused1,unused2}, '
    'gc_job_queues 3 {failed1,failed2,unused}',
    'all: tasks and queues of jobs that would be deleted are unused by then'
  ),
  ('{delete_permanently_failed_jobs}', null, 2, 'delete_permanently_failed_jobs 2', 'so many jobs'),
  (
    '{gc_job_queues,gc_task_identifiers}', '{unused2,null}', null,
    'gc_task_identifiers 1 {unused1}, gc_job_queues 1 {unused}', 'failed jobs that stay keep their tasks; keep'
  ),
  (
    null, null, 2,
    'delete_permanently_failed_jobs 2, gc_task_identifiers 2 {unused1,unused2}, gc_job_queues 2 {failed1,unused}',
    'so many of each; of the failed jobs one is left, and keeps its queue'
  ),
  (
    null, '{unused1,unused2}', 2,
    'delete_permanently_failed_jobs 2, gc_task_identifiers 1 {failed1}, gc_job_queues 2 {failed1,unused}',
    'and its task'
  ),
  ('{}', null, null, '', 'none at all')
) as c (tasks, keep, max_rows, outcome, name);
select pg_temp.fill();
select graphile_worker._private_task_id('x' || lpad(n::text, 2, '0')) from generate_series(1, 30) as n (n);
select results_eq(
  $$
    select c.removed, cardinality(c.names), c.names[20]
    from graphile_worker._private_cleanable('{gc_task_identifiers}', null, null) as c
  $$,
  $$values (32::bigint, 20, 'x18')$$,
  'the first 20 names'
);

select * from finish();
