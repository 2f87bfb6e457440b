-- The key of a payload: the same for what is the same.
select plan(20);

create function pg_temp.key(payload text, paths text[] default null) returns text language sql as $$
  select graphile_worker.unique_key(payload::json, paths)
$$;
select is(pg_temp.key('{"b": 1, "a": 2}'), pg_temp.key(' {"a":2, "b":1}'), 'order and blanks do not count');
select is(pg_temp.key('{"a": 1, "a": 2}'), '{"a": 2}', 'of a member that is repeated the last one counts');
select isnt(pg_temp.key('[1, 2]'), pg_temp.key('[2, 1]'), 'the order of elements counts');
select isnt(pg_temp.key('1'), pg_temp.key('1.0'), 'numbers are as they are written');
select isnt(pg_temp.key('"1"'), pg_temp.key('1'), 'a text is no number');
select is(pg_temp.key(null), pg_temp.key('{}'), 'no payload is an empty one');
select is(pg_temp.key('{"a": 1, "b": 2}', '{a}'), '{"a": 1}', 'one path');
select is(pg_temp.key('{"b": 2, "a": 1, "c": 3}', '{b,a}'), pg_temp.key('{"a": 1, "b": 2}', '{a,b}'), 'their order does not count');
select is(pg_temp.key('{"o": {"id": 7}, "l": [1]}', '{o.id,l.0}'), '{"l.0": 1, "o.id": 7}', 'deeper ones');
select is(pg_temp.key('{"a": null}', '{a}'), '{"a": null}', 'null is a value');
select is(pg_temp.key('{"a": 1}', '{}'), '{"a": 1}', 'no path is all of it');
select throws_ok(
  $$select pg_temp.key('{"a": 1}', '{b}')$$, 'GWBUQ', 'the payload has nothing at ''b''', 'GWBUQ: nothing is there'
);
select throws_ok($$select pg_temp.key('7', array[null])$$, 'GWBUQ', null, 'GWBUQ: null');
select throws_ok(format('select pg_temp.key(%L)', p), 'GWBUQ', null, 'GWBUQ: ' || p)
from unnest(array['"\u0000"', '{"a": "\ud800"}', '1e999999', '[1e-999999]']) as p;
select is(pg_temp.key('"\\u0000"'), '"\\u0000"', 'a text that looks like it');
select is(
  pg_temp.key(to_json(repeat('x', 199))::text), 'sha256:' || encode(sha256(('"' || repeat('x', 199) || '"')::bytea), 'hex'),
  'a long one is a digest'
);
select is(pg_temp.key(to_json(repeat('x', 198))::text), '"' || repeat('x', 198) || '"', 'up to 200 characters it is not');

select * from finish();
