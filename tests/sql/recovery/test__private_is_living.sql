-- Who is alive.
select plan(5);

insert into graphile_worker._private_workers (id, last_heartbeat_at, metadata) values
('new', now(), null), ('late', now() - interval '5 minutes', '{"pid": 1}'), ('old', now() - interval '301 seconds', null),
('swept', now(), '{"swept": true}');
select is(graphile_worker._private_is_living(c.id, '5 minutes'), c.living, c.id)
from (values ('new', true), ('late', true), ('old', false), ('swept', false), ('unknown', false)) as c (id, living);

select * from finish();
