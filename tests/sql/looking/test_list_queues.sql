-- Named queues with their jobs by state.
select plan(15);

select is_empty($$select * from graphile_worker.list_queues()$$, 'no queue: no row');

create function pg_temp.add(count integer, queue_name text, state text) returns void language sql as $$
  select graphile_worker.add_job(
    state, '{}', add.queue_name, case when state = 'scheduled' then now() + interval '1 hour' end
  )
  from generate_series(1, count)
$$;
select
  pg_temp.add(1, 'a', 'ready'), pg_temp.add(2, 'a', 'scheduled'), pg_temp.add(1, 'a', 'locked'),
  pg_temp.add(3, 'a', 'failed'),
  pg_temp.add(3, 'longest', 'ready'), pg_temp.add(1, 'b', 'ready'), pg_temp.add(5, 'all failed', 'failed'),
  pg_temp.add(7, null, 'ready');
update graphile_worker._private_jobs as j
set
  locked_at = case when t.identifier = 'locked' then now() end,
  locked_by = case when t.identifier = 'locked' then 'w' end,
  attempts = case when t.identifier = 'failed' then j.max_attempts else 0 end
from graphile_worker._private_tasks as t
where t.id = j.task_id;
update graphile_worker._private_job_queues
set locked_by = 'w', locked_at = now() - interval '1 hour'
where queue_name = 'a';
select graphile_worker._private_queue_id('empty');

select results_eq(
  'select * from graphile_worker.list_queues()',
  $$values
    ('a', 1::bigint, 2::bigint, 1::bigint, 3::bigint, now() - interval '1 hour', 'w', null::timestamptz, null, '{}'::text[]),
    ('all failed', 0, 0, 0, 5, null, null, null, null, '{}'),
    ('b', 1, 0, 0, 0, null, null, null, null, '{}'),
    ('empty', 0, 0, 0, 0, null, null, null, null, '{}'),
    ('longest', 3, 0, 0, 0, null, null, null, null, '{}')
  $$,
  'counts by state and who holds the queue, by name; queues without jobs, too'
);
select results_eq(
  $$select sum(l.ready), sum(l.scheduled), sum(l.locked), sum(l.failed) from graphile_worker.list_queues() as l$$,
  $$
    select (s.ready - 7)::numeric, s.scheduled::numeric, s.locked::numeric, s.failed::numeric
    from graphile_worker.stats() as s
  $$,
  'the sums are those of stats(), but for the jobs without a queue'
);
select results_eq(
  $$select l.queue_name from graphile_worker.list_queues() as l where l.locked_by = 'w'$$, $$values ('a')$$,
  'a queue is called locked by its own lock'
);

-- Pages, search, pauses ----------------------------------------------------------------------------------------------

create function pg_temp.names(
  row_limit integer default 100, after_queue text default null, search text default null
) returns text language sql as $$
  select string_agg(l.queue_name, ',' order by l.queue_name)
  from graphile_worker.list_queues(row_limit, after_queue, search) as l
$$;
select is(pg_temp.names(2), 'a,all failed', 'a page');
select is(pg_temp.names(2, 'all failed'), 'b,empty', 'the page behind that one');
select is(pg_temp.names(0), null, 'a limit of 0 is none at all');
select is(pg_temp.names(search => 'e'), 'all failed,empty,longest', 'names that contain a text');
select is(pg_temp.names(search => '%'), null, 'which is no pattern');
select graphile_worker.pause_queue('b', 'why');
select results_eq(
  $$select l.queue_name, l.paused_at, l.pause_reason from graphile_worker.list_queues() as l where l.paused_at is not null$$,
  $$values ('b', now(), 'why')$$,
  'since when a queue is paused, and why'
);

-- Bounds -------------------------------------------------------------------------------------------------------------

select pg_temp.add(3, 'longest', 'scheduled'), pg_temp.add(2, 'longest', 'other task');
select results_eq(
  $$
    select l.ready, l.scheduled, l.capped
    from graphile_worker.list_queues(after_queue => 'empty', count_limit => 4) as l
  $$,
  $$values (4::bigint, 3::bigint, '{ready,scheduled}'::text[])$$,
  'counting stops at count_limit, over all tasks, and it says so'
);
insert into graphile_worker._private_jobs (task_id, attempts)
select t.id, 25 from generate_series(1, 10000) as n (n) cross join graphile_worker._private_tasks as t
where t.identifier = 'failed';
select results_eq(
  $$select l.failed, l.capped from graphile_worker.list_queues(1) as l$$,
  $$values (null::bigint, '{failed}'::text[])$$,
  'with too many failed jobs in the table, nobody counts those of a queue'
);
select throws_ok(format('select * from graphile_worker.list_queues(%s)', c.arguments), 'GWBLM', null, c.name)
from (values
  ('-1', 'a negative limit'), ('null', 'no limit'), ('count_limit => 0', 'nothing to count')
) as c (arguments, name);

select * from finish();
