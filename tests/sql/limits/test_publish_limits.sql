-- Workers say what limits they want.
select plan(23);

create function pg_temp.rows() returns text language sql as $$
  select string_agg(
    concat_ws(' ', l.kind, l.name, l.max_running, l.rate, l.per, l.burst, l.weight_by, l.share), ', '
    order by l.kind, l.name
  )
  from graphile_worker._private_limits as l
  where l.origin = 'worker'
$$;
select is(graphile_worker.publish_limits(), 0, 'nothing');
select is(graphile_worker.publish_limits('{"t": {}}', '{"q": { }, "r*": {}}'), 0, 'nothing to take back');
select is_empty('select from graphile_worker._private_rooms', 'uses no room');
select is(
  graphile_worker.publish_limits(
    '{"t": {"max_running": 3, "rate": 1.5, "per": "1 hour", "burst": 2, "weight_by": "cost"}, "u": {"rate": 7}}',
    '{"q": {"width": 2}, "q*": {"share": 3, "width": 4}}'
  ),
  4, 'four'
);
select is(pg_temp.rows(), 'pattern q 4 3, queue q 2, task t 3 1.5 01:00:00 2 cost, task u 7', 'all is kept');
select set_eq(
  'select r.room from graphile_worker._private_rooms as r', $$values ('task limits'), ('queue limits')$$,
  'the rooms are in use'
);
select is(graphile_worker.publish_limits('{"t": {"max_running": 4}, "u": {}}', '{"q*": {}}'), 3, 'again, from the same start');
select is(pg_temp.rows(), 'queue q 2, task t 4', 'what is said replaces what was, {} takes it back');
select is(
  graphile_worker.publish_limits('{"t": {"max_running": 5}}', started_at => now() - interval '1 second'), 0,
  'one that started before'
);
select is(pg_temp.rows(), 'queue q 2, task t 4', 'has no say');
select graphile_worker.limit_task('t', 1);
select graphile_worker.publish_limits('{"t": {"max_running": 6, "rate": 5}}');
select is(
  (
    select concat_ws(' ', f.max_running, f.rate, f.per, f.burst, f.from_operator)
    from graphile_worker._private_limits_in_force() as f
    where f.kind = 'task'
  ),
  '1 5 00:01:00 5 {max_running}', 'an operator comes first'
);

select throws_ok(format('select graphile_worker.publish_limits(%s)', c.arguments), c.code, null, c.code || ': ' || c.arguments)
from (values
  ($$'[]'$$, 'GWBRT'),
  ($$queues => '3'$$, 'GWBRT'),
  ($$'{"t": 3}'$$, 'GWBRT'),
  ($$'{"t": {"width": 3}}'$$, 'GWBRT'),
  ($$'{"t": {"share": 3}}'$$, 'GWBRT'),
  ($$queues => '{"q": {"max_running": 3}}'$$, 'GWBRT'),
  ($$'{"t": {"max_runing": 3}}'$$, 'GWBRT'),
  ($$'{"t": {"max_running": "many"}}'$$, 'GWBRT'),
  ($$'{"t": {"max_running": 0}}'$$, 'GWBWD'),
  ($$'{"t": {"burst": 1}}'$$, 'GWBRT'),
  ($$'{"": {"max_running": 1}}'$$, 'GWBID'),
  ($$queues => '{"a*b": {"width": 1}}'$$, 'GWBPT')
) as c (arguments, code);

select * from finish();
