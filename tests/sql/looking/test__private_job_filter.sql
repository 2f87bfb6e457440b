-- Tasks and queues by name.
select plan(4);

select graphile_worker.add_job('t', queue_name => 'q');
select results_eq(
  $$select * from graphile_worker._private_job_filter('t', 'q')$$,
  $$
    select t.id, q.id from graphile_worker._private_tasks as t cross join graphile_worker._private_job_queues as q
  $$,
  'their ids'
);
select results_eq(
  'select * from graphile_worker._private_job_filter(null, null)', 'select null::integer, null::integer', 'null for null'
);
select throws_ok($$select graphile_worker._private_job_filter('u', null)$$, 'GWUTK', 'unknown task ''u''', 'no such task');
select throws_ok($$select graphile_worker._private_job_filter(null, 'r')$$, 'GWUQU', 'unknown queue ''r''', 'no such queue');

select * from finish();
