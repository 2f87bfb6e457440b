-- A worker says that all its ids are alive, and learns which of them were taken for dead.
select plan(14);

select graphile_worker.worker_heartbeat(w.id, w.metadata::json)
from (values ('a', '{"pid": 1}'), ('a_1', null), ('b', null), ('scalar', '5'), ('swept', '{"swept": true}')) as w (
  id, metadata
);
update graphile_worker._private_workers set last_heartbeat_at = now() - interval '1 hour';

select results_eq(
  $$select b.worker_id, b.worker_count from graphile_worker.beat_workers('{a_1,a}') as b order by b.worker_id$$,
  $$values ('a', 5), ('a_1', 5)$$,
  'those that are registered come back, with the number of workers there are'
);
select set_eq(
  $$select w.id from graphile_worker._private_workers as w where w.last_heartbeat_at = now()$$,
  $$values ('a'), ('a_1')$$,
  'they were heard now, the others were not'
);
select is(
  (select w.metadata from graphile_worker._private_workers as w where w.id = 'a'), '{"pid": 1}', 'metadata is kept'
);
select is_empty(
  $$select from graphile_worker.beat_workers('{gone}')$$, 'one that was taken off the list does not come back'
);
select is(
  (select count(*) from graphile_worker._private_workers), 5::bigint, 'and is not registered again'
);
select results_eq(
  $$select b.worker_id from graphile_worker.beat_workers('{swept,scalar}') as b$$,
  $$values ('scalar')$$,
  'one that was swept does not come back, even though it is still on the list'
);
select is_empty($$select from graphile_worker.beat_workers(null)$$, 'no ids, no answer');

select is(
  (select count(*) from graphile_worker.beat_workers('{a,a_1,scalar}', '{2,1,1}')), 3::bigint, 'slots may be lost'
);
select results_eq(
  $$select w.metadata from graphile_worker._private_workers as w where w.id in ('a', 'a_1', 'scalar') order by w.id$$,
  $$values ('{"pid": 1, "lost_slots": 2}'::jsonb), ('{"lost_slots": 1}'), ('5')$$,
  'which the metadata says, as far as it is an object'
);
select is((select count(*) from graphile_worker.beat_workers('{a}')), 1::bigint, 'an earlier release beats');
select is(
  (select w.metadata from graphile_worker._private_workers as w where w.id = 'a'), '{"pid": 1, "lost_slots": 2}',
  'who does not know of them leaves them as they are'
);
select is(
  (select count(*) from graphile_worker.beat_workers('{a_1,a}', '{0,0}')), 2::bigint, 'they may come back'
);
select is(
  (select w.metadata from graphile_worker._private_workers as w where w.id = 'a'), '{"pid": 1}',
  'slots that are back are not mentioned'
);
select throws_ok(
  $$select from graphile_worker.beat_workers('{a,b}', '{1}')$$, 'GWBAL', null, 'one number per id'
);

select * from finish();
