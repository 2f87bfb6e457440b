-- Which jobs were cancelled while they were claimed.
select plan(5);

select is(graphile_worker._private_is_cancelled(c.flags::jsonb), c.cancelled, coalesce(c.flags, 'null'))
from (values
  (null, false),
  ('{}', false),
  ('{"vip": true, "graphile_worker:superseded": true}', false),
  ('{"graphile_worker:cancelled": true}', true),
  ('{"vip": true, "graphile_worker:cancelled": true, "graphile_worker:remove": true}', true)
) as c (flags, cancelled);

select * from finish();
