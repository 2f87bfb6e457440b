-- Durations are 0 or more.
select plan(7);

select lives_ok(
  $$select graphile_worker._private_check_interval('delay', '0')$$, '0 is a duration'
);
select lives_ok(
  $$select graphile_worker._private_check_interval('delay', '1000 years')$$, 'the longest'
);
select throws_ok(
  $$select graphile_worker._private_check_interval('delay', '1000 years 1 microsecond')$$, 'GWBDU', null, 'GWBDU: too long'
);
select throws_ok(
  $$select graphile_worker._private_check_interval('delay', null)$$, 'GWBDU', null, 'GWBDU: null'
);
select throws_ok(
  $$select graphile_worker._private_check_interval('delay', '-1 microsecond')$$, 'GWBDU', null,
  'GWBDU: the smallest negative'
);
select throws_ok(
  $$select graphile_worker._private_check_interval('delay', '1 day -25 hours')$$, 'GWBDU', null,
  'GWBDU: negative in sum'
);
select throws_like(
  $$select graphile_worker._private_check_interval('delay', '-5 minutes')$$,
  '%delay%-00:05:00%', 'the message names the argument and its value'
);

select * from finish();
