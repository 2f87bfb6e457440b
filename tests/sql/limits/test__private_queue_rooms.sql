-- Room for jobs in queues.
select plan(4);

create function pg_temp.rooms() returns text language sql as $$
  select string_agg(
    concat_ws(' ', q.queue_name, r.room, r.is_limited, r.running, round(r.tokens::numeric, 3), r.share), ', '
    order by q.queue_name
  )
  from graphile_worker._private_queue_rooms(array(select i.id from graphile_worker._private_job_queues as i), now()) as r
  inner join graphile_worker._private_job_queues as q on q.id = r.queue_id
$$;
select graphile_worker.add_job('t', queue_name => q) from unnest(array['a', 'b', 'c']) as q, generate_series(1, 4);
select is(pg_temp.rooms(), 'a 1 f, b 1 f, c 1 f', 'without a limit one in each');
select graphile_worker.limit_queue('b', 3, share => 2), graphile_worker.limit_queue('c*', 3, 10, '10 s', 2);
select is(pg_temp.rooms(), 'a 1 f, b 3 t 0 2, c 2 t 0 2.000 1', 'as wide as it is, or what its rate leaves');
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where id % 4 < 2;
insert into graphile_worker._private_buckets values ('pattern', 'c', 'c', now() + interval '1.5 s', now());
select is(pg_temp.rooms(), 'a 1 f, b 1 t 2 2, c 0 t 2 0.500 1', 'some is used');
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now();
select is(pg_temp.rooms(), 'a 1 f, b 0 t 4 2, c 0 t 4 0.500 1', 'more run than may');

select * from finish();
