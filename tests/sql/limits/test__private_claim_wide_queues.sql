-- Claims from queues while some are limited; tests of get_jobs have the rest.
select plan(5);

create function pg_temp.claim(max_jobs integer, plain_starts graphile_worker._private_position[] default null)
returns text language sql as $$
  select string_agg(j.payload #>> '{}', ' ' order by j.payload #>> '{}')
  from unnest(
    graphile_worker._private_claim_wide_queues(
      'w', 0::smallint, array(select t.id from graphile_worker._private_tasks as t), '{}', claim.plain_starts, null,
      now(), claim.max_jobs, null, null, null, null, true
    )
  ) as c (ctid)
  inner join graphile_worker._private_jobs as j on j.ctid = c.ctid
$$;
create function pg_temp.free() returns void language sql as $$
  update graphile_worker._private_job_queues set locked_by = null, locked_at = null
$$;
select is(
  graphile_worker._private_claim_wide_queues('w', 0::smallint, '{1}', '{}', null, null, now(), 1, null, null, null, null, true),
  null, 'no queue that is free has anything due'
);
select graphile_worker.add_job('t', to_json(q || n), q, now() - interval '1 hour' + n * interval '1 second')
from generate_series(1, 30) as n, unnest(array['a', 'b', 'c']) as q;
select graphile_worker.limit_queue('a', 20), graphile_worker.limit_queue('b', 20);
select is(pg_temp.claim(5), 'a1 a2 b1 b2 c1', 'in turns');
select pg_temp.free();
update graphile_worker._private_jobs set locked_by = 'v', locked_at = now() where payload #>> '{}' in ('a1', 'a2', 'a3');
select is(pg_temp.claim(1), 'b1', 'whoever runs the fewest');
select pg_temp.free();
select graphile_worker.limit_queue('a', share => 10), graphile_worker.limit_queue('b', share => 1);
select is(pg_temp.claim(1), 'a4', 'by its share');
select pg_temp.free();
select graphile_worker.add_job('t', to_json('p'::text), run_at => now() - interval '50 minutes');
select is(
  pg_temp.claim(
    10, array(
      select row(j.task_id, null, j.run_at, j.id)::graphile_worker._private_position
      from graphile_worker._private_jobs as j where j.job_queue_id is null
    )
  ),
  'a4 b1 c1', 'one of each beside what has no queue'
);

select * from finish();
