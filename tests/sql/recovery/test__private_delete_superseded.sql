-- What other runtimes gave back although it was superseded.
select plan(3);

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

select * from finish();
