-- Which queues a worker takes jobs of, and how many of each task.
select plan(35);

create function pg_temp.claim(
  max_jobs integer, only_queues text[] default null, not_queues text[] default null, tasks text[] default null,
  max_per_task integer[] default null, after_key text default null
) returns text language sql as $$
  select coalesce(string_agg(g.key, ' ' order by g.priority, g.run_at, g.id), 'none')
  from (select 1) as one
  left join graphile_worker._private_jobs as a on a.key = after_key
  cross join lateral graphile_worker.get_jobs(
    'w', tasks, max_jobs, after_priority => a.priority, after_run_at => a.run_at, after_id => a.id,
    only_queues => claim.only_queues, not_queues => claim.not_queues, max_per_task => claim.max_per_task
  ) as g
$$;
create function pg_temp.locked() returns text language sql as $$
  select string_agg(q.queue_name, ' ' order by q.queue_name)
  from graphile_worker._private_job_queues as q where q.locked_by = 'w'
$$;

select graphile_worker.add_job(
  k.task, queue_name => k.queue, run_at => now() - interval '1 hour' + k.n * interval '1 s', job_key => k.key,
  priority => k.priority
)
from (select v.*, row_number() over () as n from (values
  ('bulk0', 't', 'bulk:0', -1), ('p1', 't', null, 0), ('bulk1', 't', 'bulk:1', 0), ('p2', 'u', null, 0),
  ('m1', 't', 'mail', 0), ('m2', 't', 'mail', 0), ('x1', 'u', 'mail:x', 0), ('p3', 't', null, 0), ('bulk2', 'u', 'bulk:2', 0),
  ('p4', 'u', null, 1), ('m3', 'u', 'mail:y', 1)
) as v (key, task, queue, priority)) as k;
savepoint before;

-- Queues.
select is(pg_temp.claim(20), 'bulk0 p1 bulk1 p2 m1 x1 p3 bulk2 p4 m3', 'of any, and without one');
rollback to before;
select is(pg_temp.claim(20, only_queues => '{mail}'), 'm1', 'of one');
select is(pg_temp.locked(), 'mail', 'no other is locked');
rollback to before;
select is(pg_temp.claim(20, only_queues => '{mail*}'), 'm1 x1 m3', 'of those whose names begin so');
rollback to before;
select is(pg_temp.claim(2, only_queues => '{mail*}'), 'm1 x1', 'so many');
rollback to before;
select is(pg_temp.claim(20, only_queues => '{mail:*,""}'), 'p1 p2 x1 p3 p4 m3', 'and without a queue');
rollback to before;
select is(pg_temp.claim(20, only_queues => '{""}'), 'p1 p2 p3 p4', 'only without a queue');
select is(pg_temp.locked(), null, 'no queue is locked');
rollback to before;
select is(pg_temp.claim(20, only_queues => '{*}'), 'bulk0 bulk1 m1 x1 bulk2 m3', 'in any queue, and not without one');
rollback to before;
select is(pg_temp.claim(20, not_queues => '{bulk:*}'), 'p1 p2 m1 x1 p3 p4 m3', 'all but those');
rollback to before;
select is(pg_temp.claim(3, not_queues => '{bulk:*}'), 'p1 p2 m1', 'the first of them');
rollback to before;
select is(pg_temp.claim(20, not_queues => '{*}'), 'p1 p2 p3 p4', 'without a queue, by leaving out all');
rollback to before;
select is(pg_temp.claim(20, '{mail*,""}', '{mail:*}'), 'p1 p2 m1 p3 p4', 'both');
rollback to before;
select is(pg_temp.claim(20, only_queues => '{none}'), 'none', 'a queue that is not there');
select is(pg_temp.claim(20, only_queues => '{}'), 'none', 'no queue');
select is(pg_temp.claim(20, '{mail*}', tasks => '{u}'), 'x1 m3', 'of one task');
rollback to before;
select is(pg_temp.claim(20, '{bulk:*}', after_key => 'p1'), 'bulk0 bulk1 bulk2', 'a hint is about jobs without a queue');
rollback to before;
select is(pg_temp.claim(20, '{""}', after_key => 'p2'), 'p1 p2 p3 p4', 'which come all the same in the end');
rollback to before;
select throws_ok($$select pg_temp.claim(1, '{a*b}')$$, 'GWBPT', $$bad pattern 'a*b' in only_queues$$, 'a bad pattern');
select throws_ok($$select pg_temp.claim(1, null, '{""}')$$, 'GWBPT', $$bad pattern '' in not_queues$$, 'and another');

-- Tasks.
select is(pg_temp.claim(20, tasks => '{t,u}', max_per_task => '{null,null}'), 'bulk0 p1 bulk1 p2 m1 x1 p3 bulk2 p4 m3', 'no bounds');
rollback to before;
select is(pg_temp.claim(20, tasks => '{t,u}', max_per_task => '{2,null}'), 'bulk0 p1 p2 x1 bulk2 p4 m3', 'two of t');
select is(pg_temp.locked(), 'bulk:0 bulk:2 mail:x mail:y', 'no queue is locked besides');
rollback to before;
select is(pg_temp.claim(20, tasks => '{u,t}', max_per_task => '{2,0}'), 'p2 x1', 'two of u, none of t');
rollback to before;
select is(pg_temp.claim(3, tasks => '{t,u}', max_per_task => '{1,9}'), 'bulk0 p2 x1', 'no more than max_jobs');
rollback to before;
select is(pg_temp.claim(20, tasks => '{t,u}', max_per_task => '{0,0}'), 'none', 'none at all');
select is(pg_temp.claim(20, tasks => '{t}', max_per_task => '{1}'), 'bulk0', 'one, of one task');
select is(pg_temp.claim(20, tasks => '{t}', max_per_task => '{3}'), 'p1 bulk1 m1', 'and three');
rollback to before;
select is(
  pg_temp.claim(2, tasks => '{t,u}', max_per_task => '{2,null}', after_key => 'p3'), 'bulk0 p1',
  'where a task has some left, the hint is none: what stands before it may be what was left out'
);
rollback to before;
select is(
  pg_temp.claim(2, '{"",bulk*}', tasks => '{t,u}', max_per_task => '{0,null}', after_key => 'p2'), 'bulk2 p4',
  'it is one where all with a bound have their fill'
);
rollback to before;
select is(
  pg_temp.claim(20, '{"",mail*}', tasks => '{t,u}', max_per_task => '{2,2}'), 'p1 p2 m1 x1', 'both, bounds and queues'
);
rollback to before;
select throws_ok($$select pg_temp.claim(1, max_per_task => '{1}')$$, 'GWBAL', null, 'bounds of which tasks?');
select throws_ok($$select pg_temp.claim(1, tasks => '{t}', max_per_task => '{-1}')$$, 'GWBLM', null, 'below 0');

-- What has expired, or is refused, takes up nothing.
select graphile_worker.set_task_policy('t', expires_after => interval '59 minutes 57 seconds');
select is(pg_temp.claim(20, tasks => '{t,u}', max_per_task => '{1,1}'), 'bulk1 p2', 'the first that has not expired');
rollback to before;
create function pg_temp.refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end; $$;
create trigger refuse before update on graphile_worker._private_jobs for each row
when (new.key = 'p1' and new.locked_at is not null) execute function pg_temp.refuse();
select is(
  pg_temp.claim(20, '{""}', tasks => '{t,u}', max_per_task => '{1,1}') || ' ' || pg_temp.claim(20, '{""}', tasks => '{t,u}', max_per_task => '{1,0}'),
  'p2 p3', 'and then the next'
);

select * from finish();
