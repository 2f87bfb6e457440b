-- A claimed job loses its key.
select plan(6);

select graphile_worker.add_job('t', '[1]', job_key => k.key, flags => k.flags::text[])
from (values ('a', null), ('b', '{vip}')) as k (key, flags);
select graphile_worker.get_jobs('w', max_jobs => 2);
create temp table before as select j.* from graphile_worker._private_jobs as j;
update graphile_worker._private_jobs set updated_at = now() - interval '1 hour';
create temp table answers as
select a.* from before as b cross join lateral graphile_worker._private_supersede_job(b.id) as a;
select set_eq(
  $$select a::text from answers as a$$, $$select j::text from graphile_worker._private_jobs as j$$, 'the row as it is now'
);
select results_eq(
  $$select j.flags from graphile_worker._private_jobs as j order by j.id$$,
  $$values
    ('{"graphile_worker:superseded": true}'::jsonb), ('{"vip": true, "graphile_worker:superseded": true}')$$,
  'the mark, beside the flags of its own'
);
select bag_eq(
  $$
    select
      j.key, j.attempts = j.max_attempts as is_out_of_attempts, j.run_at = '9999-01-01 00:00+00' as is_parked,
      j.updated_at, j.locked_by,
      j.is_available, j.payload::text
    from graphile_worker._private_jobs as j
  $$,
  $$values
    (null::text, true, true, now(), 'w', false, '[1]'), (null::text, true, true, now(), 'w', false, '[1]')$$,
  'without a key, out of attempts, parked, and still in the hands of its worker'
);
select is(
  (select count(*)::integer from graphile_worker._private_jobs as j inner join before as b on b.revision = j.revision
    and b.id = j.id and b.locked_at = j.locked_at and b.max_attempts = j.max_attempts),
  2, 'the rest is as it was'
);
update graphile_worker._private_jobs set locked_by = repeat('w', 9000);
select lives_ok(
  $$select graphile_worker._private_supersede_job(b.id) from before as b$$,
  'the id of a worker that no notification can carry'
);
set local graphile_worker.notify = 'off';
select lives_ok($$select graphile_worker._private_supersede_job(b.id) from before as b$$, 'without notifications');

select * from finish();
