-- Jobs of a dead worker are taken back, and the crash of each counted.
select plan(5);

create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(j.id order by array_position(keys, j.key))
  from graphile_worker._private_jobs as j where j.key = any(keys)
$$;
select graphile_worker.add_job('t', job_key => k) from unnest('{a,b,other}'::text[]) as k;
update graphile_worker._private_jobs set locked_by = case key when 'other' then 'o' else 'w' end, locked_at = now(), attempts = 2;
insert into graphile_worker._private_crashes (job_id, crashes, last_crashed_at, last_worker_id)
select i, 2, now(), 'x' from unnest(pg_temp.ids('b')) as i;

select set_eq(
  $$
    select r.id, r.is_given_up
    from graphile_worker._private_recover_jobs(
      'w', pg_temp.ids('b', 'a', 'other'), null, null, null, null, interval '0', 3
    ) as r
  $$,
  $$select i, i = any(pg_temp.ids('b')) from unnest(pg_temp.ids('a', 'b')) as i$$,
  'those that it holds; given up is who crashed often enough'
);
select results_eq(
  $$select j.key, j.attempts::int, j.locked_by from graphile_worker._private_jobs as j order by j.key$$,
  $$values ('a', 1, null), ('b', 25, null), ('other', 2, 'o')$$,
  'the attempt is not counted; all are for one that is given up'
);
select results_eq(
  $$select c.job_id = any(pg_temp.ids('a')), c.crashes, c.last_worker_id from graphile_worker._private_crashes as c$$,
  $$values (true, 1, 'w')$$,
  'counted; what was given up starts anew'
);
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now();
select is_empty(
  $$select from graphile_worker._private_recover_jobs('w', '{}', null, null, null, null, interval '0', null)$$, 'no ids'
);
select set_eq(
  $$
    select r.id, r.is_given_up
    from graphile_worker._private_recover_jobs(
      'w', pg_temp.ids('a'), '{fail}', null, null, '{broken}', interval '0', 1
    ) as r
  $$,
  $$select i, false from unnest(pg_temp.ids('a')) as i$$,
  'what somebody decided is not given up'
);

select * from finish();
