-- Names of time zones, and what only looks like one.
select no_plan();

select is(graphile_worker._private_time_zone(c.given), c.found, c.given)
from (
  values
  ('UTC', 'UTC'), ('Etc/UTC', 'UTC'), ('utc', 'UTC'), ('Europe/Paris', 'Europe/Paris'), ('Etc/GMT+5', 'Etc/GMT+5'),
  ('America/Port-au-Prince', 'America/Port-au-Prince'), ('EST5EDT', 'EST5EDT'), ('CET', 'Europe/Brussels'),
  ('EST', 'EST'), ('GMT', 'GMT')
) as c (given, found);
select throws_ok(format('select graphile_worker._private_time_zone(%L)', z), 'GWBTZ', null, coalesce(z, 'null'))
from unnest(array['CEST', 'PST', 'UTC+3', 'Europe/Pariss', 'Foo/Bar+3', '<+03>-3', '+02:00', ' ', '', 'posixrules5', null]) as z;

select * from finish();
