-- Which jobs lost their key while they were claimed.
select plan(5);

select is(graphile_worker._private_is_superseded(c.flags::jsonb), c.superseded, coalesce(c.flags, 'null'))
from (values
  (null, false),
  ('{}', false),
  ('{"vip": true}', false),
  ('{"graphile_worker:superseded": true}', true),
  ('{"vip": true, "graphile_worker:superseded": true}', true)
) as c (flags, superseded);

select * from finish();
