-- Whether who has announced a migration may make it.
select plan(4);

select ok(graphile_worker.may_migrate(pg_backend_pid()), 'the owner may');
select is(graphile_worker.may_migrate(-1), false, 'nobody has this pid');
select is(graphile_worker.may_migrate(null), false, 'nor null');
select is(
  (
    select bool_or(graphile_worker.may_migrate(a.pid))
    from pg_stat_activity as a
    where a.usesysid is null
  ),
  false,
  'processes of the server''s own are nobody''s'
);

select * from finish();
