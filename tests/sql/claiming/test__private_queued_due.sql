-- When the first job in a queue is due after an instant.
select plan(8);

create function pg_temp.due(after interval, tasks text[] default '{t,u}', priority integer default 0)
returns interval language sql as $$
  select d.run_at - now()
  from graphile_worker._private_queued_due(
    task_ids => array(select t.id from graphile_worker._private_tasks as t where t.identifier = any(tasks)),
    priority => due.priority::smallint,
    after => now() + due.after
  ) as d
$$;

select is(pg_temp.due('0'), null, 'nothing there');
select graphile_worker.add_job(
  c.task, queue_name => c.queue, run_at => now() + c.run_at::interval, priority => c.priority
)
from (values
  ('t', 'q', '-1 hour', 0), ('t', 'q', '3 hours', 0), ('u', 'r', '2 hours', 0), ('t', null, '1 hour', 0),
  ('t', 'q', '1 hour', 1)
) as c (task, queue, run_at, priority);
select is(pg_temp.due('0'), interval '2 hours', 'the first of all tasks, in queues, at this priority');
select is(pg_temp.due('0', '{t}'), interval '3 hours', 'of one task');
select is(pg_temp.due('2 hours'), interval '3 hours', 'after the instant, not at it');
select is(pg_temp.due('0', priority => 1), interval '1 hour', 'at another priority');
select is(pg_temp.due('3 hours'), null, 'none after it');
update graphile_worker._private_jobs set attempts = max_attempts where run_at = now() + interval '2 hours';
select is(pg_temp.due('0'), interval '3 hours', 'that is available');

-- Planned as a part of the claim, not as a call: that would be planned anew in each.
create function pg_temp.plan_of_a_claim() returns setof text language plpgsql as $$
begin
  return query
  explain select from graphile_worker._private_queued_due('{1}', 0::smallint, now());
end
$$;
select is_empty(
  $$select * from pg_temp.plan_of_a_claim() as p (line) where p.line like '%Function Scan%_private_queued_due%'$$,
  'it becomes a part of the query that calls it'
);

select * from finish();
