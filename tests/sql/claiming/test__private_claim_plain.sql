-- Jobs without a queue are picked, at one priority.
select plan(26);

create function pg_temp.claim(
  max_jobs integer, tasks text[], priority integer default 0, forbidden_flags text[] default null,
  now timestamptz default now(), first_run_at timestamptz default '-infinity', first_id bigint default 0,
  last_id bigint default 9223372036854775807, refused text[] default null
) returns text language sql as $$
  select string_agg(j.payload #>> '{}', ' ' order by c.position)
  from unnest(graphile_worker._private_claim_plain(
    priority => claim.priority::smallint,
    starts => array(
      select row(t.id, null, first_run_at, first_id)::graphile_worker._private_position
      from graphile_worker._private_tasks as t where t.identifier = any(tasks)
    ),
    last_run_at => claim.now,
    last_id => claim.last_id,
    forbidden_flags => claim.forbidden_flags,
    refused_ids => case
      when refused is not null
        then array(select j.id from graphile_worker._private_jobs as j where j.payload #>> '{}' = any(refused))
    end,
    max_jobs => claim.max_jobs
  )) with ordinality as c (ctid, position)
  inner join graphile_worker._private_jobs as j on j.ctid = c.ctid
$$;

select is(pg_temp.claim(10, '{t,u}'), null, 'nothing there: none');
select graphile_worker.add_job(
  left(c.n, 1), to_json(c.n), c.queue, now() + c.run_at::interval, priority => c.priority, flags => c.flags
)
from (values
  ('t3', null, '-1 hour', 0, null), ('t4', null, '-1 hour', 0, null), ('t1', null, '-5 hours', 0, '{red}'::text[]),
  ('u2', null, '-4 hours', 0, '{blue}'), ('u4', null, '-1 hour', 0, null), ('u1', null, '-6 hours', 0, null),
  ('t5', null, '1 hour', 0, null), ('t6', null, '-9 hours', 1, null), ('t7', 'q', '-9 hours', 0, null),
  ('v1', null, '1 hour', 0, null), ('x1', null, '-9 hours', 0, null), ('x2', null, '-9 hours', 0, null)
) as c (n, queue, run_at, priority, flags);
update graphile_worker._private_jobs set attempts = max_attempts where payload #>> '{}' = 'x1';
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where payload #>> '{}' = 'x2';

-- One task with something due.
select is(pg_temp.claim(10, '{t}'), 't1 t3 t4', 'one task: by run_at and id, due, at this priority, without a queue');
select is(pg_temp.claim(2, '{t}'), 't1 t3', 'one task: no more than max_jobs');
select is(pg_temp.claim(10, '{t}', forbidden_flags => '{green,red}'), 't3 t4', 'one task: no forbidden flag');
select is(pg_temp.claim(10, '{t}', forbidden_flags => '{green}'), 't1 t3 t4', 'one task: another flag');
select is(pg_temp.claim(10, '{t}', 1), 't6', 'one task: another priority');
select is(pg_temp.claim(2, '{t}', refused => '{t1,u1}'), 't3 t4', 'one task: not what is refused');
select is(
  pg_temp.claim(10, '{t}', now => now() + interval '1 hour'), 't1 t3 t4 t5', 'one task: now decides what is due'
);
select is(pg_temp.claim(10, '{t,v}'), 't1 t3 t4', 'a second task with nothing due makes no difference');
select is(pg_temp.claim(10, '{x}'), null, 'neither failed nor locked ones');
select is(pg_temp.claim(10, '{v}'), null, 'nothing due: none');
select is(pg_temp.claim(10, '{}'), null, 'no task: none');

-- Several.
select is(pg_temp.claim(10, '{t,u,v,x}'), 'u1 t1 u2 t3 t4 u4', 'several tasks: merged by run_at and id');
select is(pg_temp.claim(1, '{t,u}'), 'u1', 'several tasks: the first');
select is(pg_temp.claim(2, '{t,u}', refused => '{t1,u1}'), 'u2 t3', 'several tasks: not what is refused');
select is(pg_temp.claim(3, '{t,u}'), 'u1 t1 u2', 'several tasks: no more than max_jobs');
select is(pg_temp.claim(5, '{t,u}'), 'u1 t1 u2 t3 t4', 'several tasks: more than one has, less than all');
select is(
  pg_temp.claim(10, '{t,u}', forbidden_flags => '{red,blue}'), 'u1 t3 t4 u4', 'several tasks: no forbidden flag'
);
select is(pg_temp.claim(10, '{t,u}', 1), 't6', 'several tasks: another priority');
select is(
  pg_temp.claim(10, '{t,v}', now => now() + interval '1 hour'), 't1 t3 t4 t5 v1',
  'several tasks: now decides what is due'
);
select is(
  (select count(*) from graphile_worker._private_jobs where locked_at is not null), 1::bigint,
  'marking the jobs is left to the caller'
);

-- From a position to another: t3 and t4 are due at the same instant, and t4 has the greater id.
create function pg_temp.id(name text) returns bigint language sql as $$
  select j.id from graphile_worker._private_jobs as j where j.payload #>> '{}' = name
$$;
select is(
  pg_temp.claim(10, '{t}', first_run_at => now() - interval '1 hour', first_id => pg_temp.id('t4')), 't4',
  'one task: from a position on'
);
select is(
  pg_temp.claim(10, '{t}', now => now() - interval '1 hour', last_id => pg_temp.id('t3')), 't1 t3',
  'one task: up to a position'
);
select is(
  pg_temp.claim(10, '{t,u}', first_run_at => now() - interval '1 hour', first_id => pg_temp.id('t4')), 't4 u4',
  'several tasks: from a position on'
);
select is(
  pg_temp.claim(10, '{t,u}', now => now() - interval '1 hour', last_id => pg_temp.id('t3')), 'u1 t1 u2 t3',
  'several tasks: up to a position'
);

select graphile_worker.add_job('t', '"deep"', run_at => now() - interval '2 hours') from generate_series(1, 2000);
select is(
  pg_temp.claim(3, '{t,u}', now => now() - interval '90 minutes', forbidden_flags => '{red,blue}'), 'u1 deep deep',
  'many jobs of one task'
);

select * from finish();
