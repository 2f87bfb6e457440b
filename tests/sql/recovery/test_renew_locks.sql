-- A worker without heartbeats says that it is alive.
select plan(4);

select graphile_worker.add_job('t', queue_name => k.key, job_key => k.key)
from (values ('old'), ('young'), ('of another'), ('bare')) as k (key);
update graphile_worker._private_jobs set job_queue_id = null where key = 'bare';
update graphile_worker._private_jobs
set
  locked_by = case when key = 'of another' then 'x' else 'w' end,
  locked_at = now() - case when key = 'young' then interval '59 minutes' else interval '61 minutes' end;
update graphile_worker._private_job_queues as q
set locked_by = j.locked_by, locked_at = j.locked_at
from graphile_worker._private_jobs as j
where j.job_queue_id = q.id;
select is(graphile_worker.renew_locks('{w, nobody}'), 2, 'so many jobs');
select set_eq(
  $$select j.key from graphile_worker._private_jobs as j where j.locked_at = now()$$, $$values ('old'), ('bare')$$,
  'those that these workers have held for more than an hour'
);
select set_eq(
  $$select q.queue_name from graphile_worker._private_job_queues as q where q.locked_at = now()$$, $$values ('old')$$,
  'and the queue'
);
select is(graphile_worker.renew_locks('{w}'), 0, 'a second time: nothing to do');

select * from finish();
