-- Names of queues, and their beginnings followed by *, as patterns of like.
select plan(14);

create function pg_temp.patterns(patterns text[], may_be_empty boolean default false) returns text[] language sql as $$
  select graphile_worker._private_queue_patterns('only_queues', patterns.patterns, may_be_empty)
$$;
select is(pg_temp.patterns(null), null, 'none');
select is(pg_temp.patterns('{}'), '{}', 'an empty array');
select is(pg_temp.patterns('{mail,tenant:*,*}'), '{mail,tenant:%,%}', 'a name, a beginning, any queue');
select is(
  pg_temp.patterns(array['50%', 'a_b', 'c\d', 'e\*', 'f%*']), array['50\%', 'a\_b', 'c\\d', 'e\\%', 'f\%%'],
  'what like reads otherwise is escaped'
);
select is(pg_temp.patterns(array['', 'a', ''], true), '{a}', 'what is empty names no queue');
select is(pg_temp.patterns(array[''], true), '{}', 'and may be all');
select throws_ok(
  $$select pg_temp.patterns(array['a', ''])$$, 'GWBPT', $$bad pattern '' in only_queues$$, 'it is an error elsewhere'
);
select throws_ok(
  $$select pg_temp.patterns(array['a', null], true)$$, 'GWBPT', 'bad pattern null in only_queues', 'null'
);
select throws_ok(
  $$select pg_temp.patterns(array['a*b'])$$, 'GWBPT', $$bad pattern 'a*b' in only_queues$$, 'a * before the end'
);
select throws_ok(
  $$select pg_temp.patterns(array['a**'])$$, 'GWBPT', $$bad pattern 'a**' in only_queues$$, 'two of them'
);
select lives_ok($$select pg_temp.patterns(array[repeat('x', 128), repeat('y', 128) || '*'])$$, 'as long as names may be');
select throws_ok(
  $$select pg_temp.patterns(array[repeat('x', 130)])$$, 'GWBPT', null, 'longer'
);
select throws_ok(
  $$select graphile_worker._private_queue_patterns('not_queues', array[''], false)$$, 'GWBPT',
  $$bad pattern '' in not_queues$$, 'it says which argument'
);

-- Sessions of old read backslashes in strings otherwise; PostgreSQL 19 no longer can.
do $$
begin
  perform set_config('standard_conforming_strings', 'off', true);
exception
  when cant_change_runtime_param then null;
end;
$$;
create function pg_temp.patterns_of_old(patterns text[]) returns text[] language plpgsql as $$
begin
  return graphile_worker._private_queue_patterns('only_queues', patterns, false);
end;
$$;
select is(
  pg_temp.patterns_of_old(array['50%', 'a_b', E'c\\d', 'f%*']),
  array[E'50\\%', E'a\\_b', E'c\\\\d', E'f\\%%'], 'for sessions that read strings otherwise, too'
);

select * from finish();
