-- What add_unique_job refuses.
select plan(10);

select lives_ok($$select graphile_worker._private_check_unique('k', null, u) from unnest('{started,ended,completed}'::text[]) as u$$, 'good ones');
select lives_ok($$select graphile_worker._private_check_unique(repeat('k', 512), '1 second', 'ended')$$, 'a long key');
select throws_ok($$select graphile_worker._private_check_unique(null, null, 'ended')$$, 'GWBUQ', 'bad unique key null (0 characters)', 'no key');
select throws_ok($$select graphile_worker._private_check_unique('', null, 'ended')$$, 'GWBUQ', null, 'an empty key');
select throws_ok($$select graphile_worker._private_check_unique(repeat('k', 513), null, 'ended')$$, 'GWBUQ', null, 'one that is too long');
select throws_ok($$select graphile_worker._private_check_unique('k', '0', 'ended')$$, 'GWBUQ', 'bad within ''00:00:00''', 'no time');
select throws_ok($$select graphile_worker._private_check_unique('k', '-1 s', 'ended')$$, 'GWBUQ', null, 'less than none');
select throws_ok($$select graphile_worker._private_check_unique('k', '1001 years', 'ended')$$, 'GWBUQ', null, 'more than anybody can wait');
select throws_ok($$select graphile_worker._private_check_unique('k', null, 'failed')$$, 'GWBUQ', 'bad until ''failed''', 'an unknown end');
select throws_ok($$select graphile_worker._private_check_unique('k', null, null)$$, 'GWBUQ', 'bad until null', 'no end');

select * from finish();
