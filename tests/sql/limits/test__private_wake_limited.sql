-- Whoever makes room says so; by the lock of the sparse setting one sees whether he did.
select plan(14);

create function pg_temp.wakes(setting text default 'sparse') returns boolean language plpgsql as $$
declare
  v_wakes boolean;
begin
  perform set_config('graphile_worker.notify', setting, true);
  perform graphile_worker._private_wake_limited(
    array(select t.id from graphile_worker._private_tasks as t),
    array(select q.id from graphile_worker._private_job_queues as q)
  );
  v_wakes := exists (select from pg_locks as l where l.locktype = 'advisory' and l.pid = pg_backend_pid());
  -- Takes the lock back.
  raise sqlstate 'ZZ000';
exception
  when sqlstate 'ZZ000' then
    return v_wakes;
end;
$$;
select graphile_worker.add_job('t') from generate_series(1, 2);
select ok(not pg_temp.wakes(), 'nothing is limited');
insert into graphile_worker._private_limits (kind, name, origin, max_running) values ('task', 't', 'operator', 1);
select ok(pg_temp.wakes(), 'there is room, and something due');
select ok(not pg_temp.wakes('off'), 'unless it is off');
select ok(not pg_temp.wakes('loud'), 'a bad setting is no reason to fail');
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where id % 2 = 0;
select ok(not pg_temp.wakes(), 'no room');
update graphile_worker._private_limits set max_running = 2;
select ok(pg_temp.wakes(), 'room for another');
insert into graphile_worker._private_buckets values ('task', 't', '', now() + interval '1 hour', now());
update graphile_worker._private_limits set rate = 1, per = '1 hour', burst = 1;
select ok(pg_temp.wakes(), 'room soon, of which nobody was told');
update graphile_worker._private_limits set max_running = 1;
select ok(not pg_temp.wakes(), 'no room by then, either');
update graphile_worker._private_limits set max_running = 2, rate = null, per = null, burst = null;
set local graphile_worker.notify = 'loud';
select isnt_empty(
  $$
    select graphile_worker.complete_jobs('w', array(select j.id from graphile_worker._private_jobs as j where j.id % 2 = 0))
  $$,
  'so a job is handed in'
);
update graphile_worker._private_jobs set run_at = now() + interval '1 hour';
select ok(not pg_temp.wakes(), 'nothing is due');
set local graphile_worker.notify = 'on';
select graphile_worker.add_job('u', queue_name => 'q') from generate_series(1, 3);
select ok(not pg_temp.wakes(), 'a queue without a limit');
select graphile_worker.limit_queue('q', 2);
select ok(pg_temp.wakes(), 'there is room in a queue, and something due');
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where id % 3 > 0 and job_queue_id is not null;
select ok(not pg_temp.wakes(), 'no room in it');
update graphile_worker._private_jobs set locked_by = null, locked_at = null;
update graphile_worker._private_jobs set run_at = now() + interval '1 hour';
select ok(not pg_temp.wakes(), 'nothing due in it');

select * from finish();
