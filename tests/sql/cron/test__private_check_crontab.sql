-- The bounds of an identifier.
select plan(5);

select lives_ok(format('select graphile_worker._private_check_crontab(%L)', i.identifier), 'good: ' || length(i.identifier))
from (values ('x'), (repeat('i', 128))) as i (identifier);
select throws_ok(
  format('select graphile_worker._private_check_crontab(%L)', i.identifier), 'GWBCI', null, 'GWBCI: ' || i.name
)
from (values (null, 'null'), ('', 'empty'), (repeat('i', 129), 'too long')) as i (identifier, name);

select * from finish();
