-- A worker takes an advisory lock per id. That others can't have it meanwhile: tests/py/recovery/test_sweeper.py.
select plan(4);

select set_eq(
  $$select graphile_worker.hold_worker_locks('{a,b}')$$, $$values ('a'), ('b')$$, 'the ids whose locks it has'
);
select is(
  (
    select count(*)
    from pg_locks as l
    where
      l.locktype = 'advisory' and l.mode = 'ExclusiveLock' and l.granted and l.pid = pg_backend_pid()
      and (l.classid::bigint << 32 | l.objid::bigint) in (
        graphile_worker._private_worker_lock('a'), graphile_worker._private_worker_lock('b')
      )
  ),
  2::bigint, 'are locked by the session'
);
select isnt(
  graphile_worker._private_worker_lock('a'), graphile_worker._private_worker_lock('b'), 'each has a key of its own'
);
select is_empty($$select graphile_worker.hold_worker_locks(null)$$, 'no ids, no locks');

select * from finish();
