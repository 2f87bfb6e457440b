-- A cap on crashes is 1 or more, or none at all.
select plan(6);

select lives_ok('select graphile_worker._private_check_max_crashes(1)', 'the least');
select lives_ok('select graphile_worker._private_check_max_crashes(2147483647)', 'the most');
select lives_ok('select graphile_worker._private_check_max_crashes(null)', 'null: no limit');
select throws_ok('select graphile_worker._private_check_max_crashes(0)', 'GWBMC', 'bad max_crashes 0', 'GWBMC: none');
select throws_ok(
  'select graphile_worker._private_check_max_crashes(-1)', 'GWBMC', 'bad max_crashes -1', 'GWBMC: less than none'
);
select is(
  (select p.provolatile from pg_proc as p where p.proname = '_private_check_max_crashes'), 'i'::"char",
  'it reads nothing'
);

select * from finish();
