-- The queues with the most to do.
select plan(8);

select is_empty('select * from graphile_worker.longest_queues()', 'no queue: no row');

select graphile_worker.add_job('t', queue_name => 'short', run_at => now() - interval '1 hour');
select graphile_worker.add_job(
  't' || n % 2, queue_name => 'long', priority => n % 3, run_at => now() - n * interval '1 minute'
)
from generate_series(1, 6) as n (n);
select graphile_worker.add_job('t', queue_name => 'later', run_at => now() + interval '1 hour') from generate_series(1, 9);
select graphile_worker.add_job('t') from generate_series(1, 9);
select graphile_worker.add_job('t', queue_name => 'middle') from generate_series(1, 3);
select graphile_worker.pause_queue('middle');
update graphile_worker._private_job_queues set locked_at = now(), locked_by = 'w' where queue_name = 'short';
select results_eq(
  'select * from graphile_worker.longest_queues()',
  $$values
    ('long', 6::bigint, interval '6 minutes', null::timestamptz, null::text, null::timestamptz, false),
    ('middle', 3, '0', null, null, now(), false),
    ('short', 1, '1 hour', now(), 'w', null, false)
  $$,
  'jobs that are due, over all tasks and priorities; who holds the queue; pauses'
);
select results_eq(
  'select l.queue_name from graphile_worker.longest_queues(1) as l', $$values ('long')$$, 'so many'
);
select is_empty('select * from graphile_worker.longest_queues(0)', 'a limit of 0 is none at all');
select ok(
  (select bool_and(l.capped) from graphile_worker.longest_queues(max_rows => 1) as l),
  'when not all due jobs were looked at, it says so'
);
select throws_ok(format('select * from graphile_worker.longest_queues(%s)', c.arguments), 'GWBLM', null, c.name)
from (values
  ('-1', 'a negative limit'), ('null', 'no limit'), ('max_rows => 0', 'nothing to look at')
) as c (arguments, name);

select * from finish();
