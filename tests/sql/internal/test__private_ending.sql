-- What becomes of a job whose claim ends without an outcome.
select plan(7);

select is(graphile_worker._private_ending(c.flags::jsonb), c.ending, coalesce(c.flags, 'null'))
from (values
  (null, null),
  ('{}', null),
  ('{"vip": true}', null),
  ('{"graphile_worker:superseded": true}', 'delete'),
  ('{"graphile_worker:cancelled": true, "vip": true}', 'fail'),
  ('{"graphile_worker:cancelled": true, "graphile_worker:remove": true}', 'delete'),
  ('{"graphile_worker:cancelled": true, "graphile_worker:superseded": true}', 'delete')
) as c (flags, ending);

select * from finish();
