-- The tasks and priorities of jobs in queues.
select plan(3);

select results_eq(
  'select * from graphile_worker._private_queued_priorities(10)', 'select null::integer[], null::smallint[]', 'none'
);
select graphile_worker.add_job(c.task, queue_name => c.queue, priority => c.priority)
from (values ('a', 'q', 0), ('a', 'q', 0), ('a', 'r', 5), ('b', 'q', -1), ('b', null, 9)) as c (task, queue, priority);
create function pg_temp.pairs(max_pairs integer) returns text language sql as $$
  select string_agg(t.identifier || p.priority, ' ' order by p.ordinal)
  from graphile_worker._private_queued_priorities(max_pairs) as s
  cross join lateral unnest(s.task_ids, s.priorities) with ordinality as p (task_id, priority, ordinal)
  inner join graphile_worker._private_tasks as t on p.task_id = t.id
$$;
select is(pg_temp.pairs(10), 'a0 a5 b-1', 'each pair once; jobs without a queue do not count');
select is(pg_temp.pairs(2), 'a0 a5', 'so many');

select * from finish();
