-- The flags without the marks of a job that was cancelled.
select plan(4);

select is(graphile_worker._private_uncancelled(c.flags::jsonb), c.rest::jsonb, coalesce(c.flags, 'null'))
from (values
  (null, null),
  ('{"vip": true}', '{"vip": true}'),
  ('{"graphile_worker:cancelled": true, "graphile_worker:remove": true}', null),
  (
    '{"graphile_worker:cancelled": true, "graphile_worker:superseded": true, "vip": true}',
    '{"graphile_worker:superseded": true, "vip": true}'
  )
) as c (flags, rest);

select * from finish();
