-- An operator takes back the limits of queues.
select plan(8);

create function pg_temp.held() returns text language sql as $$
  select string_agg(concat_ws(' ', q.queue_name, q.locked_by), ', ' order by q.queue_name)
  from graphile_worker._private_job_queues as q
$$;
select is(graphile_worker.unlimit_queue('q'), false, 'there were none');
select graphile_worker.limit_queue('a:*', 3), graphile_worker.limit_queue('a:b', 2);
select graphile_worker.add_job('t', queue_name => 'a:b') from generate_series(1, 3);
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where id % 3 <> 0;
select ok(graphile_worker.unlimit_queue('a:b'), 'there were');
select is(pg_temp.held(), 'a:b', 'the pattern holds again, and there is room');
select ok(graphile_worker.unlimit_queue('a:*'), 'and those of a pattern');
select is(pg_temp.held(), 'a:b w', 'too many run');
select results_eq(
  'select l.queue_name, l.width from graphile_worker._private_job_queues as q, graphile_worker._private_queue_limits(array[q.id]) as l',
  $$values ('a:b', 1)$$, 'which count until they have ended'
);
select is_empty('select from graphile_worker.list_limits()', 'for operators there is no limit');
select graphile_worker.limit_queue('a:b', 2);
select is(
  (select l.width from graphile_worker._private_job_queues as q, graphile_worker._private_queue_limits(array[q.id]) as l),
  2, 'another one takes the place of what was'
);

select * from finish();
