-- Whether a look is known to find nothing.
select plan(8);

create function pg_temp.saw_nothing(look text, seconds float8) returns boolean language sql as $$
  select graphile_worker._private_saw_nothing(look, to_timestamp(seconds))
$$;

select is(pg_temp.saw_nothing('a ', 1), false, 'never looked');
select set_config('graphile_worker.saw_nothing', '', true);
select is(pg_temp.saw_nothing('a ', 1), false, 'not looked since the setting was given up');
select set_config('graphile_worker.saw_nothing', 'a 2000000', true);
select is(pg_temp.saw_nothing('a ', 1), true, 'looked, and nothing has become due since');
select is(pg_temp.saw_nothing('a ', 1.999999), true, 'to the microsecond');
select is(pg_temp.saw_nothing('a ', 2), false, 'something is due by now');
select is(pg_temp.saw_nothing('b ', 1), false, 'looked for something else');
select is(pg_temp.saw_nothing('a 2 ', 1), false, 'the whole name counts');
select is(pg_temp.saw_nothing(null, 1), false, 'no name');

select * from finish();
