-- A schedule, or an error.
select plan(3);

select graphile_worker.set_schedule('s', '* * * * *', task => 't');
select is((graphile_worker._private_find_schedule('s')).task_identifier, 't', 'it is found');
select throws_ok($$select graphile_worker._private_find_schedule('S')$$, 'GWUSC', 'there is no schedule ''S''', 'case counts');
select throws_ok('select graphile_worker._private_find_schedule(null)', 'GWUSC', 'there is no schedule null', 'null');

select * from finish();
