-- How far list_jobs looks.
select plan(12);

select graphile_worker.add_job('t', job_key => 'k' || n, queue_name => case when n = 2 then 'q' end)
from generate_series(1, 10) as n (n);
select graphile_worker._private_task_id('u');
create function pg_temp.ids(key text) returns bigint language sql as $$
  select j.id from graphile_worker._private_jobs as j where j.key = ids.key
$$;

select results_eq(
  'select * from graphile_worker.search_scope()', $$values (null::bigint, true, null::bigint)$$, 'no filter: no more than is shown'
);
select results_eq(
  $$select * from graphile_worker.search_scope('failed')$$, $$values (null::bigint, true, null::bigint)$$,
  'failed ones: an index leads to them'
);
select results_eq(
  $$select * from graphile_worker.search_scope(search => 'k')$$, $$values (10::bigint, true, null::bigint)$$, 'all rows'
);
select results_eq(
  $$select * from graphile_worker.search_scope(search => 'k', max_rows => 4)$$,
  $$values (4::bigint, false, pg_temp.ids('k7'))$$,
  'some of them, from the newest on: where it stopped'
);
select results_eq(
  $$select * from graphile_worker.search_scope(search => 'k', max_rows => 4, before_id => pg_temp.ids('k7'))$$,
  $$values (4::bigint, false, pg_temp.ids('k3'))$$,
  'the next stretch'
);
select results_eq(
  $$select * from graphile_worker.search_scope(search => 'k', max_rows => 4, before_id => pg_temp.ids('k3'))$$,
  $$values (2::bigint, true, null::bigint)$$,
  'the last one'
);
select results_eq(
  $$select * from graphile_worker.search_scope(queue => 'q', max_rows => 4, after_id => pg_temp.ids('k2'))$$,
  $$values (4::bigint, false, pg_temp.ids('k6'))$$,
  'the other way'
);
select results_eq(
  $$select * from graphile_worker.search_scope('ready', 'u')$$, $$values (0::bigint, true, null::bigint)$$,
  'an index says that there are none'
);
select throws_ok(
  format('select * from graphile_worker.search_scope(%s)', c.arguments), c.code, null, c.code
)
from (values
  ($$'done'$$, 'GWBST'), ('max_rows => 0', 'GWBLM'), ($$task => 'mial'$$, 'GWUTK'), ($$queue => 'slwo'$$, 'GWUQU')
) as c (arguments, code);

select * from finish();
