-- Queues with something due, whatever its task and priority.
select plan(3);

select graphile_worker.add_job(t, queue_name => q, run_at => at, priority => p)
from (
  values ('t', 'a', now(), 0), ('u', 'a', now(), 3), ('u', 'b', now(), 5), ('t', 'later', now() + interval '1 hour', 0),
  ('t', null, now(), 0), ('t', 'locked', now(), 0)
) as s (t, q, at, p);
update graphile_worker._private_job_queues set locked_by = 'w', locked_at = now() where queue_name = 'locked';
create function pg_temp.due(queue_ids integer[]) returns text language sql as $$
  select string_agg(q.queue_name, ' ' order by q.queue_name)
  from unnest(graphile_worker._private_due_queues(due.queue_ids, now())) as d (id)
  inner join graphile_worker._private_job_queues as q on q.id = d.id
$$;
select is(
  pg_temp.due(array(select q.id from graphile_worker._private_job_queues as q)), 'a b locked', 'of these, each once'
);
select is(
  pg_temp.due(array(select q.id from graphile_worker._private_job_queues as q where q.queue_name <> 'a')), 'b locked',
  'and no others'
);
select is(pg_temp.due(null), 'a b', 'of those that are free');

select * from finish();
