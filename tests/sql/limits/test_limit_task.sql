-- An operator limits a task.
select plan(18);

create function pg_temp.row() returns text language sql as $$
  select concat_ws(
    ', ', l.kind, l.name, l.origin, l.max_running, l.rate, l.per, l.burst, l.weight_by, l.is_unlimited, l.reason
  )
  from graphile_worker._private_limits as l
$$;
select ok(
  graphile_worker.limit_task('t', 3, 100, '2 minutes', 20, 'cost', reason => 'why'), 'nothing was set before'
);
select is(pg_temp.row(), 'task, t, operator, 3, 100, 00:02:00, 20, cost, f, why', 'all is kept');
select results_eq(
  'select l.set_at, l.set_by from graphile_worker._private_limits as l',
  'select now(), session_user::text collate "default"', 'and since when, by whom'
);
select results_eq('select r.room from graphile_worker._private_rooms as r', $$values ('task limits')$$, 'the room is in use');
select ok(not graphile_worker.limit_task('t', max_running => 4), 'something was');
select is(pg_temp.row(), 'task, t, operator, 4, 100, 00:02:00, 20, cost, f, why', 'what is not given stays');
select graphile_worker.limit_task('t', burst => 30);
select is(pg_temp.row(), 'task, t, operator, 4, 100, 00:02:00, 30, cost, f, why', 'a burst for the rate that is there');
select graphile_worker.limit_task('t', unlimited => true);
select is(pg_temp.row(), 'task, t, operator, t, why', 'no limit any more');
select graphile_worker.limit_task('t', rate => 0.5);
select is(pg_temp.row(), 'task, t, operator, 0.5, f, why', 'and another one');
select is(
  (
    select concat_ws(', ', f.rate, f.per, f.burst) from graphile_worker._private_limits_in_force() as f
  ),
  '0.5, 00:01:00, 1', 'a rate is per minute, and as many at once'
);

select graphile_worker.limit_task('v', rate => 1, per => '1 year', burst => 1000);
select throws_ok(format('select graphile_worker.limit_task(%s)', c.arguments), c.code, null, c.code || ': ' || c.what)
from (values
  ($$null, 1$$, 'GWBID', 'no task'),
  ($$'u'$$, 'GWBWD', 'nothing to set'),
  ($$'u', unlimited => null$$, 'GWBWD', 'nothing to set, by null'),
  ($$'u', 1, unlimited => true$$, 'GWBWD', 'a limit, and none'),
  ($$'u', 0$$, 'GWBWD', 'none at once'),
  ($$'u', burst => 3$$, 'GWBRT', 'a burst of no rate'),
  ($$'u', rate => -1$$, 'GWBRT', 'a rate that is none'),
  ($$'v', burst => 1001$$, 'GWBRT', 'a burst that the rate that is set never gives')
) as c (arguments, code, what);

select * from finish();
