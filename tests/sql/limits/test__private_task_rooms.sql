-- Room for jobs of limited tasks.
select plan(6);

create function pg_temp.rooms() returns text language sql as $$
  select string_agg(
    concat_ws(' ', r.task_identifier, r.room, r.running, round(r.tokens::numeric, 3), r.free_at - now()), ', '
    order by r.task_identifier
  )
  from graphile_worker._private_task_rooms(array(select t.id from graphile_worker._private_tasks as t), now()) as r
$$;
select graphile_worker.add_job(t) from unnest(array['both', 'free', 'many', 'rate']) as t, generate_series(1, 4);
select is(pg_temp.rooms(), null, 'nothing is limited');
select
  graphile_worker.limit_task('both', 3, 10, '10 s', 5), graphile_worker.limit_task('many', 3),
  graphile_worker.limit_task('rate', rate => 10, per => '10 s', burst => 5),
  graphile_worker.limit_task('free', unlimited => true);
select is(pg_temp.rooms(), 'both 3 0 5.000, many 3 0, rate 5 5.000', 'all is there');
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where id % 4 < 2;
insert into graphile_worker._private_buckets values
  ('task', 'both', '', now() + interval '2 s', now()), ('task', 'rate', '', now() + interval '4.5 s', now());
select is(pg_temp.rooms(), 'both 1 2 3.000, many 1 2, rate 0 0.500 00:00:00.5', 'some is used');
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now();
select is(pg_temp.rooms(), 'both 0 3 3.000, many 0 3, rate 0 0.500 00:00:00.5', 'more run than may');
update graphile_worker._private_buckets set full_at = now() + interval '5 s';
select is(pg_temp.rooms(), 'both 0 3 0.000, many 0 3, rate 0 0.000 00:00:01', 'all is used');
update graphile_worker._private_buckets set full_at = now() + interval '1 day';
select is(pg_temp.rooms(), 'both 0 3 5.000, many 0 3, rate 5 5.000', 'a clock that went back');

select * from finish();
