-- The jobs of a task that are ready and scheduled.
select plan(4);

select graphile_worker.add_job('t', queue_name => c.queue, priority => c.priority, run_at => now() + c.due::interval)
from (values
  (null, 0, '-1 hour'), (null, 0, '0'), (null, 5, '-3 hours'), ('q', 0, '-2 hours'), ('q', -5, '0'), (null, 0, '1 hour'),
  ('q', 7, '1 hour'), ('r', 7, '2 hours')
) as c (queue, priority, due);
select graphile_worker.add_job('other');
create function pg_temp.counted(identifier text, count_limit integer) returns text language sql as $$
  select format('%s %s %s', a.ready, a.scheduled, now() - a.oldest)
  from graphile_worker._private_count_available(graphile_worker._private_task_id(identifier), count_limit) as a
$$;
select is(pg_temp.counted('t', 10), '5 3 03:00:00', 'with and without a queue, of any priority');
select is(pg_temp.counted('t', 2), '2 2 03:00:00', 'so many; the oldest all the same');
select is(pg_temp.counted('other', 2), '1 0 00:00:00', 'another task');
select is(pg_temp.counted('none', 2), '0 0 ', 'no job');

select * from finish();
