-- Claims from queues whose rows are held; tests of get_jobs have the rest.
select plan(7);

create function pg_temp.claim(
  max_jobs integer default 100, max_per_queue integer default null, quota integer default null,
  max_limited integer default null
) returns text language sql as $$
  select string_agg(j.payload #>> '{}', ' ' order by c.place)
  from unnest(
    graphile_worker._private_claim_held_queues(
      'w', array(select q.id from graphile_worker._private_job_queues as q where q.is_available), 0::smallint,
      array(select t.id from graphile_worker._private_tasks as t), null, now(), claim.max_jobs, claim.max_per_queue,
      case when quota is not null then array[quota] end, claim.max_limited
    )
  ) with ordinality as c (ctid, place)
  inner join graphile_worker._private_jobs as j on j.ctid = c.ctid;
$$;
create function pg_temp.free() returns text language sql as $$
  with freed as (
    update graphile_worker._private_job_queues as q set locked_by = null, locked_at = null
    where q.locked_by is not null returning q.queue_name
  )

  select string_agg(f.queue_name, ' ' order by f.queue_name) from freed as f
$$;
select graphile_worker.add_job('t', to_json(q || n), q) from generate_series(1, 3) as n, unnest(array['a', 'b', 'c']) as q;
select graphile_worker.limit_queue('a', 2), graphile_worker.limit_queue('b', 3), graphile_worker.limit_queue('d', 3);
select is(
  (select string_agg(c, ' ' order by c) from unnest(string_to_array(pg_temp.claim(), ' ')) as c), 'a1 a2 b1 b2 b3 c1',
  'as many as there is room for'
);
select is(pg_temp.free(), 'a b c', 'their queues are locked for the worker');
select is(
  (select string_agg(c, ' ' order by c) from unnest(string_to_array(pg_temp.claim(4), ' ')) as c), 'a1 a2 b1 c1',
  'in turns'
);
select pg_temp.free();
select is(
  (select string_agg(c, ' ' order by c) from unnest(string_to_array(pg_temp.claim(max_per_queue => 1), ' ')) as c),
  'a1 b1 c1', 'one of each'
);
select pg_temp.free();
select is((select cardinality(string_to_array(pg_temp.claim(quota => 2), ' '))), 2, 'no more of a task than may be');
select pg_temp.free();
select is(
  (select string_agg(c, ' ' order by c) from unnest(string_to_array(pg_temp.claim(max_limited => 1), ' ')) as c),
  'a1 c1', 'no more of queues that are limited'
);
select is(pg_temp.free(), 'a c', 'and only those are locked of which something is claimed');

select * from finish();
