-- For how many jobs a rate has room.
select plan(9);

create function pg_temp.tokens(ahead interval, rate float8 default 10, burst integer default 5) returns float8
language sql as $$ select graphile_worker._private_tokens(now() + ahead, now(), rate, '1 second', burst) $$;
select is(pg_temp.tokens(null), 5::float8, 'nothing was used');
select is(pg_temp.tokens('-1 day'), 5::float8, 'nothing is used any more');
select is(pg_temp.tokens('0'), 5::float8, 'nothing is used now');
select is(pg_temp.tokens('100 milliseconds'), 4::float8, 'one was used just now');
select is(pg_temp.tokens('450 milliseconds'), 0.5::float8, 'half of one is left');
select is(pg_temp.tokens('500 milliseconds'), 0::float8, 'all was used');
select is(pg_temp.tokens('1 second'), 0::float8, 'clocks differ a little: no more than all was');
select is(pg_temp.tokens('1 day'), 5::float8, 'the clock went back, or the rate was a slower one: begin anew');
select is(pg_temp.tokens('100 milliseconds', rate => null, burst => null), null, 'no rate');

select * from finish();
