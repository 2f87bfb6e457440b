-- When pauses end, and rates of queues have room.
select plan(5);

create function pg_temp.opens(limits_queues boolean default true) returns interval language sql as $$
  select graphile_worker._private_opens_at(limits_queues, now(), now()) - now()
$$;
select is(pg_temp.opens(), null, 'nothing opens');
insert into graphile_worker._private_paused_tasks (task_identifier, until)
values ('never', null), ('over', now()), ('t', now() + interval '3 hours');
select is(pg_temp.opens(), interval '3 hours', 'a pause ends');
insert into graphile_worker._private_buckets values
  ('queue', 'past', 'past', now(), now()), ('task', 't', '', now(), now() + interval '1 minute'),
  ('queue', 'q', 'q', now(), now() + interval '2 hours');
select is(pg_temp.opens(), interval '2 hours', 'a rate has room');
select is(pg_temp.opens(false), interval '3 hours', 'of which nobody has to know');
update graphile_worker._private_buckets set written_at = now() + interval '1 minute' where name = 'q';
select is(pg_temp.opens(), interval '3 hours', 'the clock went back');

select * from finish();
