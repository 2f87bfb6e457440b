-- What other runtimes gave back although it was superseded.
select plan(5);

select graphile_worker.add_job('t', queue_name => k.queue, priority => k.priority, job_key => k.key)
from (values
  ('given back', null, 0), ('in a queue', 'q', 5), ('held', null, 0), ('failed', null, 0), ('due', null, 0), ('later', null, 5)
) as k (key, queue, priority);
update graphile_worker._private_jobs as j
set
  run_at = graphile_worker._private_parked(),
  flags = case when j.key <> 'later' then '{"graphile_worker:superseded": true}'::jsonb end,
  attempts = case when j.key in ('held', 'failed') then j.max_attempts else 24 end,
  locked_by = case when j.key = 'held' then 'w' end,
  locked_at = case when j.key = 'held' then now() end
where j.key <> 'due';
select is(graphile_worker._private_delete_superseded(), 2::bigint, 'so many');
select set_eq(
  $$select j.key from graphile_worker._private_jobs as j$$, $$values ('held'), ('failed'), ('due'), ('later')$$,
  'not what is held or failed, nor what merely is due as late'
);
select is(graphile_worker._private_delete_superseded(), 0::bigint, 'nothing is left');

-- Something does not let one of them through.
insert into graphile_worker._private_jobs as j (task_id, key, run_at, flags)
select t.id, k.key, graphile_worker._private_parked(), '{"graphile_worker:superseded": true}'
from graphile_worker._private_tasks as t, (values ('bad'), ('good'), ('too')) as k (key);
create function pg_temp.refuse() returns trigger language plpgsql as $$ begin assert false, 'not this one'; end; $$;
create trigger refuse before update or delete on graphile_worker._private_jobs
for each row when (old.key = 'bad') execute function pg_temp.refuse();
set client_min_messages = error;
select is(graphile_worker._private_delete_superseded(), 2::bigint, 'it alone is left behind');
drop trigger refuse on graphile_worker._private_jobs;
select is(graphile_worker._private_delete_superseded(), 1::bigint, 'until it can be');

select * from finish();
