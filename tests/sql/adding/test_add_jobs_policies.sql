-- What is not said of jobs that are added is as the policies of their tasks say.
select plan(4);

create function pg_temp.added(key text) returns setof text language sql as $$
  select format('%s: %s, %s', t.identifier, j.max_attempts, j.priority)
  from graphile_worker.add_jobs(array[
    row('t', null, null, null, null, added.key, null, null)::graphile_worker.job_spec,
    row('u', null, null, null, 7, null, null, null)::graphile_worker.job_spec,
    row('t', null, null, null, null, null, 7, null)::graphile_worker.job_spec,
    row('v', null, null, null, null, null, null, null)::graphile_worker.job_spec
  ]) with ordinality as j
  inner join graphile_worker._private_tasks as t on t.id = j.task_id
  order by j.ordinality
$$;
-- One statement does not see tasks that it makes.
select graphile_worker.add_job(k.task) from (values ('t'), ('u'), ('v')) as k (task);
select results_eq(
  'select pg_temp.added(null)', $$values ('t: 25, 0'), ('u: 7, 0'), ('t: 25, 7'), ('v: 25, 0')$$, 'without policies'
);
select graphile_worker.set_task_policy('t', max_attempts => 3, priority => -5), graphile_worker.set_task_policy('u', max_attempts => 4, priority => 6);
select results_eq(
  'select pg_temp.added(null)', $$values ('t: 3, -5'), ('u: 7, 6'), ('t: 3, 7'), ('v: 25, 0')$$, 'with some'
);
select results_eq(
  $$select pg_temp.added('k')$$, $$values ('t: 3, -5'), ('u: 7, 6'), ('t: 3, 7'), ('v: 25, 0')$$, 'with a key among them'
);
select results_eq(
  $$select pg_temp.added('k')$$, $$values ('t: 3, -5'), ('u: 7, 6'), ('t: 3, 7'), ('v: 25, 0')$$, 'that is there'
);

select * from finish();
