-- Whether another transaction was in the way.
select plan(7);

select is(graphile_worker._private_is_collision(c.code), c.collides, c.code)
from (values
  ('40001', true), ('40P01', true), ('55P03', true), ('40002', false), ('55000', false), ('57014', false), ('P0001', false)
) as c (code, collides);

select * from finish();
