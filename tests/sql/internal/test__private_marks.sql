-- Flags of our own among those of callers.
select plan(5);

select is(graphile_worker._private_marks(c.flags::jsonb), c.marks::jsonb, coalesce(c.flags, 'null'))
from (values
  (null, null),
  ('{}', null),
  ('{"vip": true, "graphile_worker": true, "GRAPHILE_WORKER:x": true}', null),
  ('{"vip": true, "graphile_worker:superseded": true}', '{"graphile_worker:superseded": true}'),
  ('{"graphile_worker:a": true, "graphile_worker:b": [1]}', '{"graphile_worker:a": true, "graphile_worker:b": [1]}')
) as c (flags, marks);

select * from finish();
