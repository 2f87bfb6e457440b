-- The key of the advisory lock of a worker: the same each time, another for each worker and for each schema.
select plan(5);

select is(
  graphile_worker._private_worker_lock('w'), graphile_worker._private_worker_lock('w'), 'the same for the same worker'
);
select is(
  (select count(distinct graphile_worker._private_worker_lock('w' || n.n)) from generate_series(1, 1000) as n (n)),
  1000::bigint, 'another for each worker'
);
select isnt(
  graphile_worker._private_worker_lock(''), graphile_worker._private_worker_lock('w'), 'that of the sweep is another'
);
select is(
  graphile_worker._private_worker_lock('w'), hashtextextended('w', 'graphile_worker'::regnamespace::oid::bigint),
  'it depends on the schema, so that queues of one database do not get in each other''s way'
);

select graphile_worker.hold_worker_locks('{w}');
select results_eq(
  $$select (l.classid::bigint << 32) | l.objid::bigint from pg_locks as l
    where l.locktype = 'advisory' and l.pid = pg_backend_pid()$$,
  array[graphile_worker._private_worker_lock('w')],
  'what hold_worker_locks takes'
);

select * from finish();
