-- A worker id is what fences a worker's jobs: it can be any text, but not none.
select plan(4);

select lives_ok(
  $$select graphile_worker._private_check_worker_id('w')$$,
  'one character is enough'
);
select throws_ok(
  $$select graphile_worker._private_check_worker_id(null)$$,
  'GWBWI', null, 'GWBWI: null would match no row, silently'
);
select throws_ok(
  $$select graphile_worker._private_check_worker_id('')$$,
  'GWBWI', null, 'GWBWI: an empty id'
);
select throws_like(
  $$select graphile_worker._private_check_worker_id(null)$$,
  '%null%', 'the message names the value'
);

select * from finish();
