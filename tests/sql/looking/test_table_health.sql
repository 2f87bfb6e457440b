-- What vacuum has to do.
select plan(3);

select results_eq(
  'select h.table_name from graphile_worker.table_health() as h',
  $$values ('_private_jobs'), ('_private_job_queues'), ('_private_tasks'), ('_private_workers')$$,
  'the tables of the queue, the jobs first'
);
select ok(
  (
    select bool_and(
      h.live_rows >= 0 and h.dead_rows >= 0 and h.table_bytes > 0 and h.index_bytes > 0 and h.inserted >= 0
      and h.updated >= 0 and h.deleted >= 0 and h.xid_age >= 0
    )
    from graphile_worker.table_health() as h
  ),
  'figures of each'
);
select ok(
  (select h.xid_age < 10000000 from graphile_worker.table_health() as h limit 1), 'a new table is not old'
);

select * from finish();
