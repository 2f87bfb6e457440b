-- Jobs that were not started in time.
select plan(8);

select graphile_worker.add_job(k.task, run_at => now() - interval '1 hour')
from (values ('t'), ('t'), ('t'), ('u')) as k (task);
select is(graphile_worker.expire_jobs(), 0, 'without a policy');
select graphile_worker.set_task_policy('u', max_attempts => 3);
select is(graphile_worker.expire_jobs(), 0, 'with one that says nothing of it');
select graphile_worker.set_task_policy('t', expires_after => '30 minutes'),
  graphile_worker.set_task_policy('unknown', expires_after => '30 minutes');
select is(graphile_worker.expire_jobs(2), 2, 'so many at most');
select is(graphile_worker.expire_jobs(), 1, 'the rest');
select set_eq(
  $$select t.identifier, j.is_available, j.last_error from graphile_worker._private_jobs as j
    inner join graphile_worker._private_tasks as t on t.id = j.task_id$$,
  $$values ('t', false, 'Expired: not started in time'), ('u', true, null)$$, 'they have failed, and no other'
);
select throws_ok(format('select graphile_worker.expire_jobs(%s)', c.most), 'GWBLM', null, 'GWBLM: ' || c.most)
from unnest(array['0', '-1', 'null']) as c (most);

select * from finish();
