-- Workers that said they hold an advisory lock, and do not.
select plan(5);

select graphile_worker.worker_heartbeat(w.id, w.metadata::json)
from (values
  ('gone', '{"session_lock": true, "host": "x"}'), ('longer gone', '{"session_lock": true}'), ('mine', '{"session_lock": true}'),
  ('without', '{"session_lock": false}'), ('of another runtime', null), ('odd', '[1]'),
  ('resilient', '{"session_lock": true}'), ('recovered before', '{"session_lock": true, "swept": true}')
) as w (id, metadata);
update graphile_worker._private_workers set last_heartbeat_at = now() - interval '1 minute' where id = 'longer gone';
select graphile_worker.add_job('t', job_key => 'r', flags => '{infrastructure_resilient}');
update graphile_worker._private_jobs set locked_by = 'resilient', locked_at = now();

select results_eq(
  $$select m.worker_id, m.last_heartbeat_at from graphile_worker.list_missing_workers('{mine}') as m$$,
  $$values ('longer gone', now() - interval '1 minute'), ('gone', now())$$,
  'those that said so and whose lock can be had; not the caller''s, nor one that holds a resilient job, nor one that a sweep will meet'
);
select bag_eq(
  $$select m.worker_id from graphile_worker.list_missing_workers() as m$$,
  $$values ('longer gone'), ('gone'), ('mine')$$,
  'a session''s own locks do not keep it from them'
);
select bag_eq(
  $$select m.worker_id from graphile_worker.list_missing_workers('{mine}', '{other}') as m$$,
  $$values ('longer gone'), ('gone'), ('resilient')$$,
  'which flags are resilient is the caller''s choice'
);
select bag_eq(
  $$select m.worker_id from graphile_worker.list_missing_workers(null, null) as m$$,
  $$values ('longer gone'), ('gone'), ('mine'), ('resilient')$$,
  'or none is'
);
select is(
  (select count(*) from graphile_worker._private_workers as w where w.last_heartbeat_at = now()), 7::bigint,
  'nothing is changed'
);

select * from finish();
