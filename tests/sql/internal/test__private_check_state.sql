-- States that there are.
select plan(4);

select lives_ok($$select graphile_worker._private_check_state('b', '{a,b}')$$, 'one of them');
select throws_ok($$select graphile_worker._private_check_state('c', '{a,b}')$$, 'GWBST', 'bad state ''c''', 'none of them');
select throws_ok($$select graphile_worker._private_check_state(null, '{a,b}')$$, 'GWBST', 'bad state null', 'nothing');
select throws_ok($$select graphile_worker._private_check_state('', '{a,b}')$$, 'GWBST', null, 'an empty one');

select * from finish();
