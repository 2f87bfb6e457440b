-- Which limits hold.
select plan(7);

create function pg_temp.force() returns text language sql as $$
  select string_agg(
    concat_ws(
      ' ', f.kind, f.name, f.max_running, f.rate, f.per, f.burst, f.weight_by, f.share, f.is_ended, f.from_operator
    ), ', ' order by f.kind, f.name
  )
  from graphile_worker._private_limits_in_force() as f
$$;
select is(pg_temp.force(), null, 'none');
insert into graphile_worker._private_limits (kind, name, origin, max_running, rate, per, burst, weight_by)
values ('task', 't', 'worker', 9, 2, '1 hour', 7, 'w');
select is(pg_temp.force(), 'task t 9 2 01:00:00 7 w f {}', 'what workers say');
insert into graphile_worker._private_limits (kind, name, origin, max_running) values ('task', 't', 'operator', 3);
select is(pg_temp.force(), 'task t 3 2 01:00:00 7 w f {max_running}', 'an operator''s value comes first');
update graphile_worker._private_limits set rate = 5 where origin = 'operator';
select is(pg_temp.force(), 'task t 3 5 00:01:00 5 w f {max_running,rate}', 'a rate with its own interval and burst');
update graphile_worker._private_limits set is_unlimited = true where origin = 'operator';
select is(pg_temp.force(), 'task t f {unlimited}', 'no limit, whatever workers say');
delete from graphile_worker._private_limits;
insert into graphile_worker._private_limits (kind, name, origin, max_running)
values ('queue', 'q', 'ended', null), ('queue', 'r', 'ended', null), ('queue', 'r', 'worker', 4);
select is(pg_temp.force(), 'queue q 1 t {}, queue r 4 f {}', 'one that was taken back, unless there is another');
insert into graphile_worker._private_limits (kind, name, origin, is_unlimited) values ('queue', 'r', 'operator', true);
select is(pg_temp.force(), 'queue q 1 t {}, queue r 1 f {unlimited}', 'a queue without a limit is one job wide');

select * from finish();
