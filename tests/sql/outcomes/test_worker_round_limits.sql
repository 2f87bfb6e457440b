-- What a round says of limits, and of pauses that end.
select plan(13);

-- What is no job, with the seconds until run_at.
create function pg_temp.round(
  max_jobs integer default 100, max_limited integer default null, completed text[] default '{}', worker_id text default 'w'
) returns text language sql as $$
  select coalesce(
    string_agg(
      concat_ws(' ', coalesce(r.payload ->> 'n', r.kind), round(extract(epoch from r.run_at - r.created_at) / 60)), ', '
    ) filter (where r.kind <> 'job' or r.payload is not null), ''
  )
  from (
    select r.kind, r.payload, case when r.kind <> 'job' then r.run_at end as run_at, r.created_at
    from graphile_worker.worker_round(
      round.worker_id,
      completed => (select array_agg(j.id) from graphile_worker._private_jobs as j where j.payload ->> 'n' = any(round.completed)),
      max_jobs => round.max_jobs, max_limited => round.max_limited
    ) as r
  ) as r
$$;
create function pg_temp.add(name text, task text, queue_name text default null) returns void language sql as $$
  select graphile_worker.add_job(add.task, json_build_object('n', name), add.queue_name, now() - interval '1 hour')
$$;
select pg_temp.add('a', 'free');
select is(pg_temp.round(), 'a', 'nothing is limited: nothing is said');
select graphile_worker.limit_task('t', 2);
select is(pg_temp.round(), '', 'nothing limited is due');
select pg_temp.add('t' || n, 't') from generate_series(1, 4) as n;
select is(pg_temp.round(max_limited => 0), 'again, idle', 'it waits for a slot');
select is(pg_temp.round(max_limited => 1), 't1, again, idle', 'as many as there are slots');
select is(pg_temp.round(max_limited => 5), 't2, again', 'all there is room for: perhaps there is more');
select is(pg_temp.round(), 'again', 'there is');
select is(pg_temp.round(completed => '{t1}'), 't3, again', 'what was handed in makes room');
select is(pg_temp.round(completed => '{t2,t3}'), 't4', 'all of it');
select graphile_worker.limit_task('r', rate => 1, per => '1 hour');
select pg_temp.add('r' || n, 'r') from generate_series(1, 2) as n;
select is(pg_temp.round(), 'r1, again 60', 'a rate: when there is room again');
select is(pg_temp.round(), 'again 60', 'as long as something waits for it');
delete from graphile_worker._private_jobs;
select is(pg_temp.round(), '', 'nothing does');
select graphile_worker.pause_queue('q', until => now() + interval '2 hours');
select is(pg_temp.round(), 'again 120', 'a pause that ends');
select graphile_worker.limit_queue('x', 2, 1, '1 hour');
select pg_temp.add('x' || n, 'free', 'x') from generate_series(1, 2) as n;
select is(pg_temp.round(), 'x1, again 60', 'the rate of a queue');

select * from finish();
