-- What has waited for too long is not claimed.
select plan(18);

create function pg_temp.claim(max_jobs integer, worker text default 'w', clock interval default '0') returns text language sql as $$
  select coalesce(string_agg(g.key, ' ' order by g.priority, g.run_at, g.id), 'none')
  from graphile_worker.get_jobs(worker, max_jobs => claim.max_jobs, now => now() + clock) as g
$$;
create function pg_temp.expired() returns text language sql as $$
  select string_agg(j.key, ' ' order by j.id) from graphile_worker._private_jobs as j
  where j.last_error = 'Expired: not started in time' and not j.is_available and j.locked_at is null and j.attempts = j.max_attempts
$$;
select graphile_worker.add_job(k.task, queue_name => k.queue, run_at => now() - k.age::interval, job_key => k.key)
from (values
  ('a', 't', null, '3 hours'), ('b', 'u', null, '2 hours'), ('q1', 't', 'q', '2 hours'), ('q2', 't', 'q', '10 minutes'),
  ('c', 't', null, '9 minutes'), ('r1', 't', 'r', '8 minutes'), ('d', 't', null, '-1 minute')
) as k (key, task, queue, age);
savepoint before;
select is(pg_temp.claim(10), 'a b q1 c r1', 'without a policy');
rollback to before;
select graphile_worker.set_task_policy('u', timeout => '1 minute');
select is(pg_temp.claim(10), 'a b q1 c r1', 'with one that says nothing of it');
rollback to before;
select graphile_worker.set_task_policy('t', expires_after => '1 hour');
select is(pg_temp.claim(10), 'b q2 c r1', 'what has not expired, of queues where the first has, too, and other tasks');
select is(pg_temp.expired(), 'a q1', 'the rest has failed for good');
select is(pg_temp.claim(10), 'none', 'nothing else is due');
rollback to before;
select graphile_worker.set_task_policy('t', expires_after => '1 hour');
select is(pg_temp.claim(1), 'b', 'of one at a time the first that may run');
select is(pg_temp.claim(1), 'q2', 'and the next');
select is(pg_temp.claim(10, clock => '53 minutes'), 'd', 'the clock is that of the call');
select is(pg_temp.expired(), 'a q1 c r1', 'these have expired by it');
select is(
  (select string_agg(concat_ws(' ', q.queue_name, q.locked_by), ', ' order by q.queue_name) from graphile_worker._private_job_queues as q),
  'q w, r', 'a queue is locked for what was claimed, and for nothing else'
);

-- Many.
delete from graphile_worker._private_jobs;
select graphile_worker.add_job('t', run_at => now() - interval '2 hours', priority => n % 3) from generate_series(1, 1500) as n;
select graphile_worker.add_job('t', job_key => 'good', priority => 5);
select is(pg_temp.claim(1), 'good', 'behind more than one look takes away');
select is(
  (select count(*) from graphile_worker._private_jobs as j where j.is_available), 1299::bigint,
  'a claim fails but a few of them'
);
select is(graphile_worker.expire_jobs(10000), 1299, 'a sweep all');
delete from graphile_worker._private_jobs;
select graphile_worker.add_job('t', run_at => now() - interval '2 hours', queue_name => k.queue)
from generate_series(1, 1500) as n
cross join (values ('old'), (null)) as k (queue);
select graphile_worker.add_job('t', queue_name => 'r', job_key => 'of a queue'), graphile_worker.add_job('t', job_key => 'plain');
select is(pg_temp.claim(2), 'of a queue plain', 'a claim is full that meets what has expired, in queues and in none');
select cmp_ok(
  (select count(*) from graphile_worker._private_jobs as j where j.is_available), '>=', 2500::bigint,
  'though there is more of that'
);
select is(
  (select string_agg(q.queue_name, ' ') from graphile_worker._private_job_queues as q where q.queue_name in ('old', 'r') and not q.is_available),
  'r',
  'its queue is not left locked'
);
delete from graphile_worker._private_jobs as j where j.is_available;
select graphile_worker.reset_task_policy('t');
select graphile_worker.retry_jobs(array(select j.id from graphile_worker._private_jobs as j where j.locked_at is null limit 2));
select is((select count(*) from graphile_worker.get_jobs('w', max_jobs => 10)), 2::bigint, 'tried again they run');

-- Where nothing is due behind the hint, nobody has looked yet whether anything expires.
delete from graphile_worker._private_jobs;
select graphile_worker.set_task_policy('t', expires_after => '1 hour');
select graphile_worker.add_job('t', run_at => now() - age, job_key => age::text)
from unnest(array[interval '2 hours', interval '1 minute']) as age;
select is(
  (
    select string_agg(g.key, ' ') from graphile_worker.get_jobs(
      'w', max_jobs => 10, after_priority => 0, after_run_at => now() + interval '1 hour', after_id => 0
    ) as g
  ),
  '00:01:00', 'what stands before the hint has expired, too'
);

select * from finish();
