-- A worker that stops takes itself off the list.
select plan(5);

select graphile_worker.worker_heartbeat('w'), graphile_worker.worker_heartbeat('v');
select graphile_worker.add_job('t', queue_name => 'q');
select graphile_worker.get_jobs('w');

select lives_ok($$select graphile_worker.worker_deregister('w')$$, 'a worker that is registered');
select results_eq(
  $$select w.id from graphile_worker._private_workers as w$$, $$values ('v')$$, 'is gone, and no other'
);
select is(
  (select j.locked_by from graphile_worker._private_jobs as j)
  || (select q.locked_by from graphile_worker._private_job_queues as q),
  'ww', 'what it holds stays locked'
);
select lives_ok(
  $$select graphile_worker.worker_deregister('w'), graphile_worker.worker_deregister(null)$$,
  'one that is not, or null'
);
select is((select count(*) from graphile_worker._private_workers), 1::bigint, 'changes nothing');

select * from finish();
