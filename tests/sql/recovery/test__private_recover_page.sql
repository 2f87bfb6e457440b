-- Something on the table does not let one job, one queue through: the others are taken back all the same.
select plan(8);

select graphile_worker.worker_heartbeat('dead', '[]');
update graphile_worker._private_workers set last_heartbeat_at = now() - interval '1 hour';
select graphile_worker.add_job('t', queue_name => 'q' || n, job_key => 'k' || n) from generate_series(1, 3) as n;
update graphile_worker._private_jobs set locked_by = 'dead', locked_at = now();
update graphile_worker._private_job_queues set locked_by = 'dead', locked_at = now();
create function pg_temp.refuse() returns trigger language plpgsql as $$ begin assert false, 'not this one'; end $$;
create trigger poison before update on graphile_worker._private_jobs
for each row when (new.key = 'k2') execute function pg_temp.refuse();
create trigger poison before update on graphile_worker._private_job_queues
for each row when (new.queue_name = 'q1') execute function pg_temp.refuse();
set client_min_messages = error;

select results_eq(
  $$select s.worker_id, s.recovered_jobs, s.skipped_jobs from graphile_worker.sweep_stale_workers() as s$$,
  $$values ('dead', 2, 1)$$,
  'one is skipped'
);
select set_eq(
  $$select j.key from graphile_worker._private_jobs as j where j.locked_at is null$$, $$values ('k1'), ('k3')$$,
  'the others are free'
);
select set_eq(
  $$select q.queue_name from graphile_worker._private_job_queues as q where q.is_available$$, $$values ('q3')$$,
  'their queues, too, but for the one that can not be, and the one that is still in use'
);
select results_eq(
  $$select w.id, w.metadata from graphile_worker._private_workers as w$$, $$values ('dead', '{"swept": true}'::jsonb)$$,
  'the worker stays on the list, and will learn of it'
);
drop trigger poison on graphile_worker._private_jobs;
drop trigger poison on graphile_worker._private_job_queues;
select results_eq(
  $$select s.worker_id, s.recovered_jobs, s.skipped_jobs from graphile_worker.sweep_stale_workers() as s$$,
  $$values ('dead', 1, 0)$$,
  'the next sweep meets it again'
);
select is(
  (select count(*) from graphile_worker._private_job_queues as q where q.is_available)
  - (select count(*) from graphile_worker._private_workers),
  3::bigint, 'and leaves nothing'
);

-- Arrays that do not begin with 1.
update graphile_worker._private_jobs set locked_by = 'dead', locked_at = now();
create trigger poison before update on graphile_worker._private_jobs
for each row when (new.key = 'k2') execute function pg_temp.refuse();
select is(
  (
    select count(*)
    from graphile_worker.recover_jobs(
      'dead', null,
      (select ('[0:2]=' || array_agg(j.id order by j.key)::text)::bigint[] from graphile_worker._private_jobs as j),
      '{reschedule,reschedule,reschedule}', attempts => '[5:7]={11,12,13}'
    )
  ),
  2::bigint, 'recovered one by one, wherever the arrays begin'
);
select results_eq(
  $$select j.attempts from graphile_worker._private_jobs as j where j.key <> 'k2' order by j.key$$,
  $$values (11::smallint), (13::smallint)$$, 'each with its own attempts'
);

select * from finish();
