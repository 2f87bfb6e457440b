-- A worker says that it is alive.
select plan(9);

select lives_ok($$select graphile_worker.worker_heartbeat('w')$$, 'the first call');
select results_eq(
  $$select w.id, w.started_at, w.last_heartbeat_at, w.metadata from graphile_worker._private_workers as w$$,
  $$values ('w', now(), now(), null::jsonb)$$,
  'registers the worker'
);
update graphile_worker._private_workers
set started_at = now() - interval '2 hours', last_heartbeat_at = now() - interval '1 hour';
select graphile_worker.worker_heartbeat('w', '{"host": "one"}');
select results_eq(
  $$select w.id, w.started_at, w.last_heartbeat_at, w.metadata from graphile_worker._private_workers as w$$,
  $$values ('w', now() - interval '2 hours', now(), '{"host": "one"}'::jsonb)$$,
  'the next ones say when it was last heard, and keep when it started'
);
select graphile_worker.worker_heartbeat('w', null);
select is((select w.metadata from graphile_worker._private_workers as w), '{"host": "one"}', 'null keeps the metadata');
select graphile_worker.worker_heartbeat(worker_id => 'w', metadata => '{"port": 2}');
select is(
  (select w.metadata from graphile_worker._private_workers as w), '{"port": 2}', 'new metadata replaces the old'
);
update graphile_worker._private_workers set last_heartbeat_at = now() - interval '1 hour';
select graphile_worker.worker_heartbeat('v', '[]');
select results_eq(
  $$select w.id, w.last_heartbeat_at < now(), w.metadata from graphile_worker._private_workers as w order by w.id$$,
  $$values ('v', false, '[]'::jsonb), ('w', true, '{"port": 2}')$$,
  'another worker has a row of its own'
);
select throws_ok($$select graphile_worker.worker_heartbeat(null)$$, 'GWBWI', null, 'GWBWI: no worker id');
select throws_ok($$select graphile_worker.worker_heartbeat('')$$, 'GWBWI', null, 'GWBWI: an empty worker id');
select is((select count(*) from graphile_worker._private_workers), 2::bigint, 'a refused call registers nobody');

select * from finish();
