-- Queues are locked just while they are full.
select plan(5);

create function pg_temp.settle(worker_id text default null) returns text language sql as $$
  select graphile_worker._private_settle_held_queues(
    worker_id, array(select q.id from graphile_worker._private_job_queues as q)
  );
  select string_agg(concat_ws(' ', q.queue_name, q.locked_by), ', ' order by q.queue_name)
  from graphile_worker._private_job_queues as q
$$;
-- Of queue qN, which is two wide, N jobs run; plain has no limit.
select graphile_worker.add_job('t', queue_name => 'q' || q)
from generate_series(1, 3) as q, generate_series(1, 4) as n;
select graphile_worker.add_job('t', queue_name => 'plain');
update graphile_worker._private_jobs as j set locked_by = 'v', locked_at = now()
where j.id % 4 < (
  select case when q.queue_name like 'q%' then substr(q.queue_name, 2)::int else 0 end
  from graphile_worker._private_job_queues as q where q.id = j.job_queue_id
);
insert into graphile_worker._private_limits (kind, name, origin, max_running) values ('pattern', 'q', 'operator', 2);
insert into graphile_worker._private_rooms values ('queue limits');
select is(pg_temp.settle(), 'plain, q1, q2 v, q3 v', 'those that are full are locked by somebody who has a job of them');
update graphile_worker._private_job_queues set locked_by = 'w', locked_at = now();
select is(pg_temp.settle(), 'plain w, q1, q2 w, q3 w', 'those that are not are free, whoever holds them');
select is(pg_temp.settle('w'), 'plain, q1, q2 v, q3 v', 'a worker''s own are not left in its name');
update graphile_worker._private_job_queues set locked_by = 'x', locked_at = now() where queue_name = 'plain';
select is(pg_temp.settle('w'), 'plain x, q1, q2 v, q3 v', 'those of others are, without a limit');
delete from graphile_worker._private_limits;
select is(pg_temp.settle(), 'plain x, q1, q2 v, q3 v', 'nothing is limited: nothing changes');

select * from finish();
