-- The retries of the tasks of some jobs.
select plan(4);

select graphile_worker.add_job(k.task, job_key => k.task) from (values ('a'), ('b'), ('c')) as k (task);
create function pg_temp.retries(variadic tasks text[]) returns jsonb language sql as $$
  select graphile_worker._private_retry_policies(
    array(select j.id from graphile_worker._private_jobs as j where j.key = any(tasks))
  )
$$;
create function pg_temp.id(task text) returns text language sql as $$
  select t.id::text from graphile_worker._private_tasks as t where t.identifier = task
$$;
select is(pg_temp.retries('a', 'b', 'c'), null, 'none');
select graphile_worker.set_task_policy('a', retry => '{"kind": "fixed", "delays": [1]}');
select graphile_worker.set_task_policy('b', max_attempts => 1);
select graphile_worker.set_task_policy('c', retry => '{"kind": "fixed", "delays": [3]}');
select is(
  pg_temp.retries('a', 'b'), jsonb_build_object(pg_temp.id('a'), '{"kind": "fixed", "delays": [1]}'::jsonb),
  'of those that have some'
);
select is(pg_temp.retries('b'), null, 'a policy that says nothing of them');
select is(
  pg_temp.retries('a', 'c'),
  jsonb_build_object(
    pg_temp.id('a'), '{"kind": "fixed", "delays": [1]}'::jsonb,
    pg_temp.id('c'), '{"kind": "fixed", "delays": [3]}'::jsonb
  ),
  'of two tasks'
);

select * from finish();
