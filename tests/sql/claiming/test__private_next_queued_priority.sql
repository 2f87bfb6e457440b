-- The first priority at which there are jobs in queues.
select plan(7);

create function pg_temp.next(after_priority integer default -32769, tasks text[] default '{t,u}') returns text
language sql as $$
  select format(
    '%s %s %s', p.priority, (select j.payload #>> '{}' from graphile_worker._private_jobs as j where j.id = p.queued_id),
    p.next_due = now() + interval '1 hour'
  )
  from graphile_worker._private_next_queued_priority(
    array(select t.id from graphile_worker._private_tasks as t where t.identifier = any(tasks)), after_priority, now()
  ) as p
  where p.plain_starts is null
$$;
select is(pg_temp.next(), '  ', 'nothing there');
select graphile_worker.add_job('t', '"plain"', priority => -5);
select is(pg_temp.next(), '  ', 'jobs without a queue are not looked at');
select graphile_worker.add_job('t', '"late"', 'q', now() + interval '1 hour', priority => 1);
select is(pg_temp.next(), '1  t', 'one that is due later');
select graphile_worker.add_job('u', '"due"', 'r', now() - interval '1 hour', priority => 1);
select is(pg_temp.next(), '1 due t', 'and one of another task that is due');
select graphile_worker.add_job('t', '"last"', 'r', now() - interval '2 hours', priority => 2);
select is(pg_temp.next(1), '2 last ', 'behind a priority');
select is(pg_temp.next(2), '  ', 'behind the last');
select is(pg_temp.next(tasks => '{u}'), '1 due ', 'of one task');

select * from finish();
