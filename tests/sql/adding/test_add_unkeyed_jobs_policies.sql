-- What is not said of jobs that are added is as the policies of their tasks say.
select plan(6);

create function pg_temp.of(ids bigint[]) returns text language sql as $$
  select string_agg(format('%s: %s, %s', t.identifier, j.max_attempts, j.priority), '; ' order by j.id)
  from graphile_worker._private_jobs as j
  inner join graphile_worker._private_tasks as t on t.id = j.task_id
  where j.id = any(ids)
$$;
select is(pg_temp.of(graphile_worker.add_unkeyed_jobs('{t}', '[1, 2]')), 't: 25, 0; t: 25, 0', 'without policies');
select graphile_worker.set_task_policy('t', max_attempts => 3, priority => -5), graphile_worker.set_task_policy('u', max_attempts => 4);
select is(pg_temp.of(graphile_worker.add_unkeyed_jobs('{t}', '[1, 2]')), 't: 3, -5; t: 3, -5', 'of one task');
select is(
  pg_temp.of(graphile_worker.add_unkeyed_jobs('{v,t,u}', '[1, 2, 3]')), 'v: 25, 0; t: 3, -5; u: 4, 0', 'of several'
);
select is(
  pg_temp.of(graphile_worker.add_unkeyed_jobs('{v,t,u}', '[1, 2, 3]', max_attempts => '{7,null,8}', priorities => '{null,9,null}')),
  'v: 7, 0; t: 3, 9; u: 8, 0', 'where they say nothing themselves'
);
select is(
  pg_temp.of(graphile_worker.add_unkeyed_jobs('{t}', '[1, 2]', max_attempts => '{7,null}')), 't: 7, -5; t: 3, -5',
  'of one task, too'
);
select is(pg_temp.of(graphile_worker.add_unkeyed_jobs('{v}', '[1]')), 'v: 25, 0', 'a task without a policy');

select * from finish();
