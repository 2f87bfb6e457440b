-- Whose error one is.
select plan(12);

select is(graphile_worker._private_may_pass(c.code), c.passes, c.code)
from (values
  ('40001', true), ('40P01', true), ('53100', true), ('57P01', true), ('57014', true),
  ('25006', true), ('55P03', true), ('58030', true),
  ('P0001', false), ('23505', false), ('22P05', false), ('GWBID', false)
) as c (code, passes);

select * from finish();
