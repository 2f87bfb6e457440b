-- Instants that are finite.
select plan(4);

select lives_ok(
  format('select graphile_worker._private_check_instants(%L, %L)', 'run_ats', c.instants), c.instants || ' is good'
)
from unnest(array['{}', '{2026-01-01,null,9999-01-01}']) as c (instants);
select throws_ok(
  format('select graphile_worker._private_check_instants(%L, %L)', 'run_ats', c.instants),
  'GWBTI', c.message, 'GWBTI: ' || c.instants
)
from (values
  ('{2026-01-01,infinity}', 'bad run_ats infinity'), ('{-infinity,null}', 'bad run_ats -infinity')
) as c (instants, message);

select * from finish();
