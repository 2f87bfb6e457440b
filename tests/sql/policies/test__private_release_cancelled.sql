-- The claim of a cancelled job ends.
select plan(3);

select graphile_worker.add_job('t', flags => k.flags::text[]) from (values (null), ('{vip}')) as k (flags);
select graphile_worker.get_jobs('w', max_jobs => 2);
select graphile_worker.cancel_jobs(array(select j.id from graphile_worker._private_jobs as j), 'wrong file');
update graphile_worker._private_jobs set attempts = 24, updated_at = now() - interval '1 hour';
select set_eq(
  $$select graphile_worker._private_release_cancelled(array(select j.id from graphile_worker._private_jobs as j))$$,
  'select j.id from graphile_worker._private_jobs as j', 'told: which'
);
select results_eq(
  $$select j.attempts::int, j.run_at, j.flags, j.locked_by, j.locked_at, j.last_error, j.updated_at
    from graphile_worker._private_jobs as j order by j.id$$,
  $$values
    (25, now(), null::jsonb, null::text, null::timestamptz, 'Cancelled: wrong file', now()),
    (25, now(), '{"vip": true}', null, null, 'Cancelled: wrong file', now())$$,
  'it has failed, like any other'
);
select is_empty('select graphile_worker._private_release_cancelled(null)', 'none');

select * from finish();
