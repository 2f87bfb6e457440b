-- The flags that callers gave.
select plan(6);

select is(graphile_worker._private_plain_flags(c.flags::jsonb), c.plain::jsonb, coalesce(c.flags, 'null'))
from (values
  (null, null),
  ('{}', '{}'),
  ('{"vip": true, "graphile_worker": true}', '{"vip": true, "graphile_worker": true}'),
  ('{"graphile_worker:superseded": true}', null),
  ('{"vip": true, "graphile_worker:superseded": true}', '{"vip": true}'),
  ('{"about graphile_worker:": true}', '{"about graphile_worker:": true}')
) as c (flags, plain);

select * from finish();
