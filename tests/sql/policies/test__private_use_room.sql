-- A room is in use.
select plan(5);

select is_empty('select from graphile_worker._private_rooms', 'none is when nothing has been put into any');
select is(
  pg_sequence_last_value('graphile_worker._private_rooms_used'), null, 'nor does anybody have to look for any'
);
select graphile_worker._private_use_room('policies');
select results_eq('select r.room from graphile_worker._private_rooms as r', $$values ('policies')$$, 'this one is');
select graphile_worker._private_use_room('policies'), graphile_worker._private_use_room('expiry');
select set_eq(
  'select r.room from graphile_worker._private_rooms as r', $$values ('policies'), ('expiry')$$,
  'one that was stays so, another is now'
);

select is(
  pg_sequence_last_value('graphile_worker._private_rooms_used'), 1::bigint, 'everybody has to look, which is said once'
);

select * from finish();
