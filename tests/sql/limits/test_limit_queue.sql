-- An operator limits queues.
select plan(13);

create function pg_temp.row() returns text language sql as $$
  select string_agg(
    concat_ws(
      ', ', l.kind, l.name, l.max_running, l.rate, l.per, l.burst, l.weight_by, l.share, l.is_unlimited, l.reason
    ),
    '; ' order by l.kind
  )
  from graphile_worker._private_limits as l
$$;
select ok(
  graphile_worker.limit_queue('q', 3, 100, '2 minutes', 20, 'cost', 2, reason => 'why'), 'nothing was set before'
);
select is(pg_temp.row(), 'queue, q, 3, 100, 00:02:00, 20, cost, 2, f, why', 'all is kept');
select results_eq('select r.room from graphile_worker._private_rooms as r', $$values ('queue limits')$$, 'the room is in use');
select ok(graphile_worker.limit_queue('q*', 5), 'a pattern is something else');
select ok(not graphile_worker.limit_queue('q', 4), 'something was');
select is(
  pg_temp.row(), 'pattern, q, 5, f; queue, q, 4, 100, 00:02:00, 20, cost, 2, f, why',
  'what is not given stays; a pattern without its star'
);

-- A queue that runs jobs.
select graphile_worker.add_job('t', queue_name => 'w:1', payload => to_json(n)) from generate_series(1, 3) as n;
select is((select count(*) from graphile_worker.get_jobs('w', max_jobs => 9)), 1::bigint, 'one at a time');
select graphile_worker.limit_queue('w:*', 2);
select is((select q.locked_by from graphile_worker._private_job_queues as q), null, 'a queue that has got wider is free');
select graphile_worker.limit_queue('w:*', 1);
select is((select q.locked_by from graphile_worker._private_job_queues as q), 'w', 'one that has got narrower is not');

select throws_ok(format('select graphile_worker.limit_queue(%s)', c.arguments), c.code, null, c.code || ': ' || c.what)
from (values
  ($$null, 1$$, 'GWBQN', 'no queue'),
  ($$'a*b', 1$$, 'GWBPT', 'a star in the middle'),
  ($$'q', 0$$, 'GWBWD', 'no width'),
  ($$'q', share => 0$$, 'GWBRT', 'no share')
) as c (arguments, code, what);

select * from finish();
