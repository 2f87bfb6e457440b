-- The five fields.
select plan(12);

select results_eq(
  $$select m.* from graphile_worker._private_cron_masks(E' 0,59\t23  1 12 0 ') as m$$,
  $$values ((1::bigint << 59) + 1, 1::bigint << 23, 2::bigint, 4096::bigint, 1::bigint)$$, 'bit n for the value n'
);
select lives_ok(format('select graphile_worker._private_cron_masks(%L)', e), e)
from unnest(array['0 0 29 2 *', '0 0 30 2 1', '0 0 30 1,2 *', '0 0 31 12 *', '0 0 31 2 0-5']) as e;
select throws_ok(format('select graphile_worker._private_cron_masks(%L)', e), 'GWBSC', null, coalesce(e, 'null'))
from unnest(array['* * * *', '* * * * * *', '', '@daily', '0 0 31 4,6 *', null]) as e;

select * from finish();
