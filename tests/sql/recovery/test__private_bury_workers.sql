-- Dead workers are taken off the list, unless they still hold something.
select plan(4);

select graphile_worker.worker_heartbeat(w.id, w.metadata::json)
from (values ('empty', null), ('job', '{"host": "x"}'), ('queue', '[1]'), ('alive', null)) as w (id, metadata);
select graphile_worker.add_job('t', job_key => k, queue_name => 'q ' || k) from unnest('{job,queue,other}'::text[]) as k;
update graphile_worker._private_jobs set locked_by = 'job', locked_at = now() where key = 'job';
update graphile_worker._private_job_queues
set locked_by = case queue_name when 'q job' then 'job' when 'q other' then 'alive' else 'empty' end, locked_at = now();

select lives_ok($$select graphile_worker._private_bury_workers('{empty,job,queue,nobody}')$$, 'the dead');
select results_eq(
  $$select w.id, w.metadata from graphile_worker._private_workers as w order by w.id$$,
  $$values ('alive', null), ('job', '{"host": "x", "swept": true}'::jsonb)$$,
  'who holds nothing any more is gone; who does is marked'
);
select results_eq(
  $$select q.queue_name, q.locked_by from graphile_worker._private_job_queues as q order by q.queue_name$$,
  $$values ('q job', 'job'), ('q other', 'alive'), ('q queue', null)$$,
  'queues without a job of their holder are released'
);
select lives_ok($$select graphile_worker._private_bury_workers('{}')$$, 'nobody');

select * from finish();
