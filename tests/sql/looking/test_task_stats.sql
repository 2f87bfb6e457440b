-- Each task with its jobs by state.
select plan(10);

select is_empty('select * from graphile_worker.task_stats()', 'no task: no row');

select graphile_worker.add_job('b', run_at => now() - interval '1 hour', priority => n % 3)
from generate_series(1, 4) as n (n);
select graphile_worker.add_job('b', queue_name => 'q', run_at => now() - interval '2 hours', priority => n)
from generate_series(1, 3) as n (n);
select graphile_worker.add_job('b', run_at => now() + interval '1 hour') from generate_series(1, 2);
select graphile_worker.add_job('b', queue_name => 'q', run_at => now() + interval '1 hour');
select graphile_worker.add_job('a') from generate_series(1, 5);
select graphile_worker.get_jobs('w', '{a}', 2);
select graphile_worker.permanently_fail_jobs(
  array(select j.id from graphile_worker.jobs as j where j.task_identifier = 'a' and j.locked_at is null limit 2)
);
select graphile_worker._private_task_id('c');
select graphile_worker.pause_task('c', 'why'), graphile_worker.pause_task('not there');
select results_eq(
  'select * from graphile_worker.task_stats()',
  $$values
    ('a', 1::bigint, 0::bigint, 2::bigint, 2::bigint, interval '0', null::timestamptz, null, '{}'::text[]),
    ('b', 7, 3, 0, 0, '2 hours', null, null, '{}'),
    ('c', 0, 0, 0, 0, null, now(), 'why', '{}')
  $$,
  'with and without a queue, of any priority; the age of the oldest; pauses; a task without jobs, too'
);
select results_eq(
  $$select t.ready, t.scheduled, t.failed, t.capped from graphile_worker.task_stats(count_limit => 1) as t$$,
  $$values
    (1::bigint, 0::bigint, 1::bigint, '{failed}'::text[]), (1, 1, 0, '{ready,scheduled}'), (0, 0, 0, '{}')
  $$,
  'counting stops at count_limit, and it says where there are more'
);
select results_eq(
  $$select t.task_identifier from graphile_worker.task_stats(1, 'a') as t$$, $$values ('b')$$, 'a page'
);
select is_empty($$select * from graphile_worker.task_stats(after_task => 'c')$$, 'behind the last one');
select is_empty($$select * from graphile_worker.task_stats(0)$$, 'a limit of 0 is none at all');
update graphile_worker._private_jobs set run_at = '-infinity';
select is(
  (select t.oldest_ready_age from graphile_worker.task_stats(1) as t), null, 'due for ever: no age'
);
select throws_ok(format('select * from graphile_worker.task_stats(%s)', c.arguments), 'GWBLM', null, c.name)
from (values
  ('-1', 'a negative limit'), ('null', 'no limit'), ('count_limit => 0', 'nothing to count')
) as c (arguments, name);

select * from finish();
