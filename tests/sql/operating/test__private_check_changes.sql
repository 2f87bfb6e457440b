-- New values of a job.
select plan(10);

select lives_ok(format('select graphile_worker._private_check_changes(%s)', c.arguments), 'allowed: ' || c.arguments)
from (values ('null, null, null'), ('-32768, 0, 1'), ('32767, 32767, 32767')) as c (arguments);
select throws_ok(
  format('select graphile_worker._private_check_changes(%s)', c.arguments), c.code, null, c.code || ': ' || c.arguments
)
from (values
  ('-32769, null, null', 'GWBPR'), ('32768, null, null', 'GWBPR'), ('null, -1, null', 'GWBAT'),
  ('null, 32768, null', 'GWBAT'), ('null, null, 0', 'GWBMA'), ('null, null, 32768', 'GWBMA')
) as c (arguments, code);
select throws_like(
  'select graphile_worker._private_check_changes(null, -7, null)', '%-7%', 'the value stands in the message'
);

select * from finish();
