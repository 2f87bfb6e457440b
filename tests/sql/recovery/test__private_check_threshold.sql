-- How short a silence may be before somebody who is well is taken for dead.
select plan(10);

create function pg_temp.check(threshold text) returns text language sql as $$
  select format($f$select graphile_worker._private_check_threshold(%L)$f$, threshold)
$$;
select lives_ok(pg_temp.check('1 minute'), 'nobody is registered: two heartbeats of 30 s');
select throws_ok(
  pg_temp.check('59.9 s'), 'GWBTH', 'bad sweep_threshold 00:00:59.9: workers that live would be taken for dead', 'GWBTH'
);

select graphile_worker.worker_heartbeat('quick', '{"heartbeat_interval": 0.5}');
select lives_ok(pg_temp.check('1 s'), 'a worker that tells its interval');
select throws_ok(pg_temp.check('0.9 s'), 'GWBTH', null, 'and that is too short');
select graphile_worker.worker_heartbeat('slow', '{"heartbeat_interval": 600}');
select throws_ok(pg_temp.check('19 minutes'), 'GWBTH', null, 'the slowest of all');
select lives_ok(pg_temp.check('20 minutes'), 'two of its heartbeats');
update graphile_worker._private_workers set last_heartbeat_at = now() - interval '99 minutes' where id = 'slow';
select throws_ok(pg_temp.check('19 minutes'), 'GWBTH', null, 'one that was silent for a while, which may be back');
update graphile_worker._private_workers set last_heartbeat_at = now() - interval '100 minutes' where id = 'slow';
select lives_ok(pg_temp.check('1 s'), 'not one that was silent for ten of its heartbeats: it would never be swept');
update graphile_worker._private_workers set last_heartbeat_at = now() where id = 'slow';
update graphile_worker._private_workers set metadata = metadata || '{"swept": true}' where id = 'slow';
select lives_ok(pg_temp.check('1 s'), 'not one that was taken for dead');

select graphile_worker.worker_heartbeat(w.id, w.metadata::json)
from (values ('of another release', '{"session_lock": true}'), ('of another runtime', null), ('odd', '[1]'),
  ('odder', '{"heartbeat_interval": "soon"}')) as w (id, metadata);
select throws_ok(pg_temp.check('59 s'), 'GWBTH', null, 'who does not tell it has the usual one');

select * from finish();
