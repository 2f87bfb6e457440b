-- For how many a job counts.
select plan(13);

select is(graphile_worker._private_weight(c.payload::json, 'w', 100), c.weight::float8, c.payload || ': ' || c.weight)
from (values
  ('{"w": 3}', 3), ('{"w": 2.5}', 2.5), ('{"w": "4"}', 4), ('{"w": 0.5}', 1), ('{"w": -3}', 1), ('{"w": 1000}', 100),
  ('{"w": 1e999}', 1), ('{"w": true}', 1), ('{}', 1), ('[3]', 1), ('7', 1)
) as c (payload, weight);
select is(graphile_worker._private_weight('{"w": 3}', null, 100), 1::float8, 'nothing says so');
select is(graphile_worker._private_weight(E'{"x": "\\u0000", "w": 3}', 'w', 100), 1::float8, 'what PostgreSQL can''t read');

select * from finish();
