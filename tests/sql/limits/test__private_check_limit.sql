-- What makes no limit.
select plan(28);

create function pg_temp.check(
  kind text default 'task', name text default 't', max_running integer default null, rate float8 default null,
  per interval default null, burst integer default null, weight_by text default null, share float8 default null
) returns void language sql as $$
  select graphile_worker._private_check_limit(kind, name, max_running, rate, per, burst, weight_by, share)
$$;
select lives_ok(format('select pg_temp.check(%s)', c.arguments), c.arguments || ' is good')
from (values
  ('max_running => 1'),
  ('max_running => 1000000, rate => 1e9, per => ''1 millisecond'', burst => 1000000000'),
  ('rate => 1, per => ''1000 years'', burst => 1, weight_by => ''x'''),
  ($$'queue', 'q', share => 0.001$$),
  ($$'queue', repeat('q', 128) || '*'$$),
  ($$'queue', '*'$$),
  ($$'task', 'a*b'$$)
) as c (arguments);
select throws_ok(format('select pg_temp.check(%s)', c.arguments), c.code, null, c.code || ': ' || c.arguments)
from (values
  ($$name => null$$, 'GWBID'),
  ($$name => ''$$, 'GWBID'),
  ($$'queue', null$$, 'GWBQN'),
  ($$'queue', ''$$, 'GWBQN'),
  ($$'queue', repeat('q', 129)$$, 'GWBQN'),
  ($$'queue', 'a*b'$$, 'GWBPT'),
  ($$'queue', '**'$$, 'GWBPT'),
  ($$max_running => 0$$, 'GWBWD'),
  ($$max_running => 1000001$$, 'GWBWD'),
  ($$rate => 0$$, 'GWBRT'),
  ($$rate => 'NaN'$$, 'GWBRT'),
  ($$rate => 'infinity'$$, 'GWBRT'),
  ($$per => '1 minute'$$, 'GWBRT'),
  ($$burst => 1$$, 'GWBRT'),
  ($$rate => 1, per => '0'$$, 'GWBRT'),
  ($$rate => 1, burst => 0$$, 'GWBRT'),
  ($$rate => 1e-9, per => '1 year'$$, 'GWBRT'),
  ($$rate => 1, per => '1 year', burst => 1001$$, 'GWBRT'),
  ($$weight_by => ''$$, 'GWBRT'),
  ($$share => 0$$, 'GWBRT'),
  ($$share => 'NaN'$$, 'GWBRT')
) as c (arguments, code);

select * from finish();
