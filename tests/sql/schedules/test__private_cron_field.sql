-- The values of one field.
select no_plan();

create function pg_temp.values(field text, name text, lowest integer, highest integer) returns text language sql as $$
  select string_agg(b::text, ',' order by b)
  from generate_series(0, 62) as b
  where graphile_worker._private_cron_field('e', field, name, lowest, highest) >> b & 1 = 1
$$;
select is(pg_temp.values(c.field, 'hour', 0, 23), c.expected, c.field)
from (
  values
  ('*', '0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23'),
  ('*/8', '0,8,16'), ('7', '7'), ('05', '5'), ('3-5', '3,4,5'), ('3-3', '3'), ('1,22-23,*/12', '0,1,12,22,23')
) as c (field, expected);
select is(pg_temp.values('*/10', 'day of the month', 1, 31), '1,11,21,31', 'a step begins at the first value');
select is(pg_temp.values('*', 'day of the month', 1, 31), pg_temp.values('1-31', 'day of the month', 1, 31), 'days');
select is(pg_temp.values(c.field, 'day of the week', 0, 6), c.expected, 'weekdays ' || c.field)
from (values ('7', '0'), ('6-7', '0,6'), ('*', '0,1,2,3,4,5,6'), ('0-7', '0,1,2,3,4,5,6'), ('*/7', '0')) as c (field, expected);
select throws_ok(
  format('select graphile_worker._private_cron_field(%L, %L, %L, 0, 23)', 'e', c.field, 'hour'), 'GWBSC', c.message, c.field
)
from (
  values
  ('24', 'bad hour 24 in cron expression ''e'''),
  ('1-24', 'bad hour 24 in cron expression ''e'''),
  ('', 'an empty hour in cron expression ''e'''),
  ('1,', 'an empty hour in cron expression ''e'''),
  ('mon', 'bad hour ''mon'' in cron expression ''e'''),
  ('0-8/2', 'bad hour ''0-8/2'' in cron expression ''e'''),
  ('*/0', 'bad step */0 of the hour in cron expression ''e'''),
  ('*/25', 'bad step */25 of the hour in cron expression ''e'''),
  ('5-2', 'bad range 5-2 of the hour: it ends before it begins in cron expression ''e'''),
  ('-1', 'bad hour ''-1'' in cron expression ''e'''),
  ('99999999999', 'bad hour ''99999999999'' in cron expression ''e''')
) as c (field, message);

select * from finish();
