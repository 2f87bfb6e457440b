-- One instant per job that is put off.
select plan(6);

select lives_ok(format('select graphile_worker._private_check_run_ats(%L, %L)', c.ids, c.run_ats), 'good: ' || c.run_ats)
from (values ('{1,2}', '{now,null}'), (null, '{}')) as c (ids, run_ats);
select throws_ok(
  format('select graphile_worker._private_check_run_ats(%L, %L)', c.ids, c.run_ats), c.code, null, c.code || ': ' || c.run_ats
)
from (values
  ('{1,2}', '{now}', 'GWBAL'), ('{1}', '{now,now}', 'GWBAL'), (null, '{now}', 'GWBAL'), ('{1,2}', '{null,infinity}', 'GWBTI')
) as c (ids, run_ats, code);

select * from finish();
