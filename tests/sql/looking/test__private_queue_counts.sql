-- The jobs of a queue that are ready and scheduled.
select plan(3);

select graphile_worker.add_job(c.task, queue_name => c.queue, priority => c.priority, run_at => now() + c.due::interval)
from (values
  ('a', 'q', 0, '0'), ('a', 'q', 0, '-1 hour'), ('a', 'q', 0, '1 hour'), ('b', 'q', 5, '0'), ('b', 'q', 5, '1 hour'),
  ('b', 'other', 5, '0')
) as c (task, queue, priority, due);
create function pg_temp.counted(queue text, count_limit integer) returns text language sql as $$
  select format('%s %s', c.ready, c.scheduled)
  from graphile_worker._private_queued_priorities(10) as p
  cross join lateral graphile_worker._private_queue_counts(
    graphile_worker._private_queue_id(queue), p.task_ids, p.priorities, count_limit
  ) as c
$$;
select is(pg_temp.counted('q', 10), '3 2', 'over all tasks and priorities');
select is(pg_temp.counted('q', 1), '2 0', 'so many of each, the ones that are due first');
select is(pg_temp.counted('empty', 10), '0 0', 'none');

select * from finish();
