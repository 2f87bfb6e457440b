-- What time it is.
select plan(5);

select ok(graphile_worker._private_schedule_now() between now() and clock_timestamp(), 'the clock of the server');
select is(graphile_worker._private_schedule_now('2024-01-01'), '2024-01-01'::timestamptz, 'as the caller says');
select throws_ok(format('select graphile_worker._private_schedule_now(%L)', n), 'GWBTK', null, n::text)
from unnest(array['infinity', '-infinity', now() + interval '6 minutes']) as n;

select * from finish();
