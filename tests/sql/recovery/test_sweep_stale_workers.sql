-- What dead workers hold is taken back.
select plan(45);

create function pg_temp.claim(worker text, variadic keys text[]) returns void language sql as $$
  update graphile_worker._private_jobs
  set locked_by = worker, locked_at = now() - interval '10 minutes', attempts = attempts + 1
  where key = any(keys)
$$;
create function pg_temp.job(wanted text) returns graphile_worker._private_jobs language sql as $$
  select j from graphile_worker._private_jobs as j where j.key = wanted
$$;

-- Who is dead.
select graphile_worker.worker_heartbeat(w)
from unnest('{fresh,stale,staler,resilient,off,very stale resilient,idle}'::text[]) as w;
update graphile_worker._private_workers
set last_heartbeat_at = now() - (case id
  when 'fresh' then '4 minutes' when 'staler' then '1 hour' when 'very stale resilient' then '16 minutes' else '6 minutes'
end)::interval;
select graphile_worker.add_job('t', job_key => k.key, queue_name => k.queue, flags => k.flags::text[])
from (values
  ('fresh', null, null), ('stale 1', 'q', null), ('stale 2', null, null), ('staler', null, null),
  ('resilient', null, '{infrastructure_resilient}'), ('resilient 2', null, null),
  ('off', null, '{infrastructure_resilient}'), ('very stale resilient', null, '{infrastructure_resilient}'),
  ('orphan', null, null), ('node', null, null), ('fresh orphan', null, null), ('free', null, null)
) as k (key, queue, flags);
update graphile_worker._private_jobs set flags = '{"infrastructure_resilient": false}' where key = 'off';
select pg_temp.claim(
  case when key like 'stale _' then 'stale' when key like 'resilient%' then 'resilient' when key like '%orphan'
    then 'graphile_worker_' || key when key = 'node' then 'worker-0badc0ffee' else key end, key
)
from graphile_worker._private_jobs where key <> 'free';
update graphile_worker._private_jobs set locked_at = now() - interval '4 minutes' where key = 'fresh orphan';
update graphile_worker._private_job_queues set locked_by = 'stale', locked_at = now();
select graphile_worker._private_queue_id('left locked');
update graphile_worker._private_job_queues set locked_by = 'graphile_worker_q', locked_at = now() - interval '1 hour'
where queue_name = 'left locked';

create temp table before as select j::text as job from graphile_worker._private_jobs as j;
select results_eq(
  $$
    select s.worker_id, s.last_heartbeat_at is null, s.recovered_jobs, s.given_up_jobs, s.skipped_jobs
    from graphile_worker.sweep_stale_workers(dry_run => true) as s
  $$,
  $$
    values ('graphile_worker_q', true, 0, 0, 0), ('staler', false, 1, 0, 0), ('very stale resilient', false, 1, 0, 0),
      ('graphile_worker_orphan', true, 1, 0, 0), ('idle', false, 0, 0, 0), ('off', false, 1, 0, 0),
      ('stale', false, 2, 0, 0)
  $$,
  'a dry run says who is dead, the one not heard of for longest first, and what each holds'
);
select set_eq(
  $$select j::text from graphile_worker._private_jobs as j$$, $$select b.job from before as b$$, 'and changes nothing'
);
select is((select count(*) from graphile_worker._private_workers), 7::bigint, 'nor takes anybody off the list');
select results_eq(
  $$select count(*) from graphile_worker.sweep_stale_workers(dry_run => null) as s$$, $$values (7::bigint)$$,
  'null is a dry run, too'
);
select set_eq(
  $$select j::text from graphile_worker._private_jobs as j$$, $$select b.job from before as b$$, 'it changes nothing'
);
update graphile_worker._private_workers set metadata = '{"swept": true}' where id = 'fresh';
select ok(
  exists (select from graphile_worker.sweep_stale_workers(dry_run => true) as s where s.worker_id = 'fresh'),
  'who was taken for dead before is met at once'
);
update graphile_worker._private_workers set metadata = null where id = 'fresh';
select set_eq(
  $$select s.worker_id from graphile_worker.sweep_stale_workers('10 minutes', dry_run => true, multiplier => 1) as s$$,
  $$values ('graphile_worker_q'), ('staler'), ('very stale resilient')$$,
  'the threshold'
);
select set_eq(
  $$
    select s.worker_id
    from graphile_worker.sweep_stale_workers('1 minute', dry_run => true, multiplier => 20, orphans_like => null) as s
  $$,
  $$values ('fresh'), ('stale'), ('staler'), ('idle'), ('off')$$,
  'the multiplier; no orphans'
);
select ok(
  exists (
    select from graphile_worker.sweep_stale_workers(dry_run => true, orphans_like => '%') as s
    where s.worker_id = 'worker-0badc0ffee'
  ),
  'orphans by a pattern of the caller''s'
);
select ok(
  exists (
    select from graphile_worker.sweep_stale_workers(dry_run => true, resilient_flags => '{}') as s
    where s.worker_id = 'resilient'
  ),
  'which flags are resilient is the caller''s choice'
);

select results_eq(
  $$
    select s.worker_id, s.recovered_jobs, s.given_up_jobs, s.skipped_jobs
    from graphile_worker.sweep_stale_workers() as s order by s.worker_id
  $$,
  $$
    values ('graphile_worker_orphan', 1, 0, 0), ('graphile_worker_q', 0, 0, 0), ('idle', 0, 0, 0), ('off', 1, 0, 0),
      ('stale', 2, 0, 0), ('staler', 1, 0, 0), ('very stale resilient', 1, 0, 0)
  $$,
  'a row per dead worker'
);
select set_eq(
  $$select j.key from graphile_worker._private_jobs as j where j.locked_at is not null$$,
  $$values ('fresh'), ('resilient'), ('resilient 2'), ('node'), ('fresh orphan')$$,
  'jobs of the others stay locked: Node''s, too, which sends no heartbeats'
);
select results_eq(
  $$
    select distinct j.attempts::int, j.run_at, j.last_error, j.locked_by, j.updated_at
    from graphile_worker._private_jobs as j where j.locked_at is null and j.key <> 'free'
  $$,
  $$
    values (0, now() + interval '30 seconds', 'Job recovered after worker interruption', null::text, now())
  $$,
  'the attempt is not counted, and they are due after the delay'
);
select set_eq(
  $$select w.id from graphile_worker._private_workers as w$$, $$values ('fresh'), ('resilient')$$,
  'the dead are off the list'
);
select is(
  (select count(*) from graphile_worker._private_job_queues as q where q.is_available), 2::bigint, 'queues are released'
);
select results_eq(
  $$select distinct c.crashes, c.last_worker_id = 'stale' from graphile_worker._private_crashes as c
    inner join graphile_worker._private_jobs as j on j.id = c.job_id where j.key like 'stale _'$$,
  $$values (1, true)$$,
  'the crash is noted'
);
select is_empty($$select from graphile_worker.sweep_stale_workers()$$, 'a second time: nobody left');

-- Fencing: what the dead still hand in.
select is_empty(
  format($$select from graphile_worker.complete_jobs('stale', '{%s}')$$, (pg_temp.job('stale 1')).id), 'complete: ignored'
);
select is_empty(
  format($$select from graphile_worker.fail_jobs('stale', '{%s}', '{late}')$$, (pg_temp.job('stale 1')).id), 'fail, too'
);
select is_empty(
  format($$select from graphile_worker.return_jobs('stale', '{%s}')$$, (pg_temp.job('stale 1')).id), 'and return'
);
select pg_temp.claim('fresh', 'stale 1');
select is_empty(
  format($$select from graphile_worker.complete_jobs('stale', '{%s}')$$, (pg_temp.job('stale 1')).id),
  'also once it is claimed again: complete'
);
select is_empty(
  format($$select from graphile_worker.fail_jobs('stale', '{%s}', '{late}')$$, (pg_temp.job('stale 1')).id), 'fail'
);
select is_empty(
  format($$select from graphile_worker.return_jobs('stale', '{%s}')$$, (pg_temp.job('stale 1')).id), 'return'
);
select is_empty($$select from graphile_worker.beat_workers('{stale}')$$, 'its heartbeat tells it');

-- Poison pills.
delete from graphile_worker._private_jobs;
delete from graphile_worker._private_workers;
select graphile_worker.sweep_stale_workers();
select is_empty($$select from graphile_worker._private_crashes$$, 'crashes of jobs that are gone are forgotten');
create function pg_temp.crash(cap integer, variadic keys text[]) returns table (recovered integer, given_up integer)
language plpgsql as $$
begin
  update graphile_worker._private_jobs set run_at = now() where key = any(keys);
  perform pg_temp.claim('graphile_worker_c', variadic keys);
  return query
  select s.recovered_jobs, s.given_up_jobs
  from graphile_worker.sweep_stale_workers(recovery_delay => '0', max_crashes => cap) as s;
end;
$$;
select graphile_worker.add_job('t', job_key => k, max_attempts => 2) from unnest('{pill,once}'::text[]) as k;
select results_eq($$select * from pg_temp.crash(3, 'pill', 'once')$$, $$values (2, 0)$$, 'the first time');
select is((pg_temp.job('pill')).run_at, now(), 'due at once');
select results_eq($$select * from pg_temp.crash(3, 'pill')$$, $$values (1, 0)$$, 'the second time');
select ok(
  (pg_temp.job('pill')).run_at > now() and (pg_temp.job('pill')).run_at < now() + interval '8 seconds',
  'delayed at random, so that others are not met again'
);
select is(
  (pg_temp.job('pill')).last_error, 'Job recovered after worker interruption, for the 2. time', 'counted in its last error'
);
select results_eq(
  $$select c.crashes, c.task_identifier from graphile_worker.list_crashes() as c$$,
  $$values (2, 't'), (1, 't')$$,
  'listed'
);
select results_eq($$select * from pg_temp.crash(3, 'pill')$$, $$values (0, 1)$$, 'the third time it is given up');
select results_eq(
  $$select (pg_temp.job('pill')).is_available, (pg_temp.job('pill')).attempts::int, (pg_temp.job('pill')).last_error$$,
  $$values (false, 2, 'Job crashed its worker 3 times, the last one graphile_worker_c: not tried again')$$,
  'failed for good'
);
select results_eq(
  $$select c.crashes from graphile_worker._private_crashes as c$$, $$values (1)$$, 'an operator who retries it starts anew'
);
update graphile_worker._private_crashes set crashes = 1000;
select results_eq($$select * from pg_temp.crash(null, 'once')$$, $$values (1, 0)$$, 'no cap');
select ok((pg_temp.job('once')).run_at < now() + interval '1 hour', 'the delay has a bound');

select throws_ok($$select graphile_worker.sweep_stale_workers('-1 s')$$, 'GWBDU', null, 'GWBDU: the threshold');
select throws_ok($$select graphile_worker.sweep_stale_workers(recovery_delay => null)$$, 'GWBDU', null, 'GWBDU: the delay');
select throws_ok($$select graphile_worker.sweep_stale_workers(multiplier => 0.5)$$, 'GWBMU', null, 'GWBMU');
select throws_ok($$select graphile_worker.sweep_stale_workers(max_crashes => 0)$$, 'GWBMC', null, 'GWBMC');

-- A threshold that robs the living.
delete from graphile_worker._private_workers;
select graphile_worker.worker_heartbeat('well');
update graphile_worker._private_workers set last_heartbeat_at = now() - interval '20 seconds';
select throws_ok(
  $$select graphile_worker.sweep_stale_workers('19 s')$$, 'GWBTH',
  'bad sweep_threshold 00:00:19: workers that live would be taken for dead', 'GWBTH'
);
select set_eq(
  $$select s.worker_id from graphile_worker.sweep_stale_workers('19 s', dry_run => true) as s$$, $$values ('well')$$,
  'a dry run takes nothing from anybody'
);
select set_eq(
  $$select s.worker_id from graphile_worker.sweep_stale_workers('19 s', '0', true, '{}', 3, 5, null) as s$$,
  $$values ('well')$$, 'as workers of 0.1.0 say it, whatever their threshold'
);
select throws_ok(
  $$select graphile_worker.sweep_stale_workers('19 s', force => null)$$, 'GWBTH', null, 'null is no reason'
);
select set_eq(
  $$select s.worker_id from graphile_worker.sweep_stale_workers('19 s', force => true) as s$$, $$values ('well')$$,
  'force is'
);

select * from finish();
