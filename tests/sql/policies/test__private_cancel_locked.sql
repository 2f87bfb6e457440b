-- Jobs are cancelled, those that wait and those that are claimed.
select plan(9);

select graphile_worker.add_job('t', '[1]', job_key => k.key, flags => k.flags::text[])
from (values
  ('waits', null), ('held', null), ('held, flagged', '{vip}'), ('failed', null), ('other', null)
) as k (key, flags);
create temp table named as select j.id, j.key from graphile_worker._private_jobs as j;
update graphile_worker._private_jobs set attempts = 3, updated_at = now() - interval '1 hour';
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where key like 'held%';
update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'boom' where key = 'failed';
create temp table before as select j.* from graphile_worker._private_jobs as j;
create function pg_temp.cancel(reason text, remove boolean)
returns table (name text, outcome text, worker_id text) language sql as $$
  select n.key, c.outcome, c.worker_id
  from graphile_worker._private_cancel_locked(
    array(select n.id from named as n where n.key <> 'other'), reason, remove
  ) as c
  inner join named as n on n.id = c.id
$$;
savepoint before_all;
select set_eq(
  $$select * from pg_temp.cancel('wrong file', false)$$,
  $$values ('waits', 'failed', null), ('failed', 'failed', null), ('held', 'asked', 'w'), ('held, flagged', 'asked', 'w')$$,
  'told: what became of each, and who holds it'
);
select set_eq(
  $$select j.key, j.last_error, j.is_available, j.attempts::int, j.updated_at = now()
    from graphile_worker._private_jobs as j where j.locked_at is null$$,
  $$values ('waits', 'Cancelled: wrong file', false, 25, true), ('failed', 'boom', false, 25, false),
    ('other', null, true, 3, false)$$,
  'what waits has failed, keeps its key, and says why; what had failed is as it was'
);
select set_eq(
  $$select n.key, j.key as new_key, j.last_error, j.attempts::int, j.run_at = '9999-01-01 00:00+00' as parked, j.locked_by, j.locked_at,
      j.flags, j.payload::text, j.updated_at
    from graphile_worker._private_jobs as j inner join named as n on n.id = j.id where n.key like 'held%'$$,
  $$values
    ('held', null::text, 'Cancelled: wrong file', 25, true, 'w', now(), '{"graphile_worker:cancelled": true}'::jsonb,
     '[1]', now()),
    ('held, flagged', null, 'Cancelled: wrong file', 25, true, 'w', now(),
     '{"vip": true, "graphile_worker:cancelled": true}', '[1]', now())$$,
  'what is held: without a key, out of attempts, parked, marked, and still in the hands of its worker'
);
select set_eq(
  $$select * from pg_temp.cancel(null, true)$$,
  $$values ('waits', 'removed', null), ('failed', 'removed', null), ('held', 'asked', 'w'), ('held, flagged', 'asked', 'w')$$,
  'again, to be removed'
);
select set_eq(
  $$select n.key, j.last_error, j.flags from graphile_worker._private_jobs as j inner join named as n on n.id = j.id$$,
  $$values
    ('held', 'Cancelled', '{"graphile_worker:cancelled": true, "graphile_worker:remove": true}'::jsonb),
    ('held, flagged', 'Cancelled',
     '{"vip": true, "graphile_worker:cancelled": true, "graphile_worker:remove": true}'),
    ('other', null, null)$$,
  'what waited is gone, what is held has another mark'
);
select is((select count(*) from pg_temp.cancel(null, false)), 2::bigint, 'and again, to be failed');
select ok(
  bool_and(j.flags ? 'graphile_worker:remove'), 'that it is to be removed stays'
) from graphile_worker._private_jobs as j where j.locked_at is not null;
rollback to before_all;
select set_eq(
  $$select j::text from graphile_worker._private_jobs as j where j.key = 'other'$$,
  $$select b::text from before as b where b.key = 'other'$$, 'no other is touched'
);
select is_empty(
  $$select from graphile_worker._private_cancel_locked('{}', null, false)$$, 'none'
);

select * from finish();
