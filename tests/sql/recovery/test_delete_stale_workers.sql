-- Workers are taken off the list.
select plan(5);

select graphile_worker.worker_heartbeat(w.id) from unnest(array['a', 'b', 'c']) as w (id);
select graphile_worker.add_job('t', queue_name => 'q');
select graphile_worker.get_jobs('a');

select lives_ok(
  $$select graphile_worker.delete_stale_workers(array['a', 'b', 'a', null, 'no such'])$$, 'several at once'
);
select results_eq(
  $$select w.id from graphile_worker._private_workers as w$$, $$values ('c')$$, 'are gone, and no other'
);
select is(
  (select j.locked_by from graphile_worker._private_jobs as j)
  || (select q.locked_by from graphile_worker._private_job_queues as q),
  'aa', 'what they hold stays locked'
);
select lives_ok(
  $$select graphile_worker.delete_stale_workers('{}'), graphile_worker.delete_stale_workers(null)$$,
  'none at all, or null'
);
select is((select count(*) from graphile_worker._private_workers), 1::bigint, 'changes nothing');

select * from finish();
