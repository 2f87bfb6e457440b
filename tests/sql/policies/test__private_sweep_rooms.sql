-- What a sweep does in the rooms.
select plan(9);

create function pg_temp.rooms() returns text language sql as $$
  select string_agg(r.room, ' ' order by r.room) from graphile_worker._private_rooms as r
$$;
select graphile_worker.add_job('t', run_at => now() - interval '1 hour');
select graphile_worker.set_task_policy('t', expires_after => '1 minute'), graphile_worker.set_task_policy('u', timeout => '1s');
insert into graphile_worker._private_rooms values ('of a later release');
insert into graphile_worker._private_uniques (task_identifier, unique_key, job_id)
select 't', k, 0 from generate_series(1, 15000) as k;
alter sequence graphile_worker._private_rooms_used restart;
select lives_ok('select graphile_worker._private_sweep_rooms()', 'a sweep');
select isnt(
  pg_sequence_last_value('graphile_worker._private_rooms_used'), null, 'a flag that was set back stands again'
);
select is(
  (select j.last_error from graphile_worker._private_jobs as j), 'Expired: not started in time', 'what has expired has failed'
);
select is((select count(*) from graphile_worker._private_uniques), 0::bigint, 'unique keys that are over are gone');
select is(pg_temp.rooms(), 'expiry of a later release policies', 'what is in use stays so');
select graphile_worker.reset_task_policy('t');
select graphile_worker._private_sweep_rooms();
select is(pg_temp.rooms(), 'of a later release policies', 'no task expires any more');
select graphile_worker.reset_task_policy('u');
select graphile_worker._private_sweep_rooms();
select is(pg_temp.rooms(), 'of a later release', 'no task has a policy; what is not known is left alone');
select graphile_worker.set_task_policy('u', timeout => '1s');
select is(pg_temp.rooms(), 'of a later release policies', 'in use again');
create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  assert false, 'not this one';
end;
$$;
create trigger refuse before delete on graphile_worker._private_rooms
for each row execute function pg_temp.refuse();
select graphile_worker.reset_task_policy('u');
select lives_ok('select graphile_worker._private_sweep_rooms()', 'what goes wrong stops no sweep');

select * from finish();
