-- Everything about one job.
select plan(8);

create temp table added as
select (graphile_worker.add_job(
  't', '{"b" : 1, "a":2, "b": "\u0000"}', 'q', now() - interval '1 hour', 7, 'k', -3, '{red}'
)).id;
select results_eq(
  $$
    select
      s.id, s.job_state, s.task_identifier, s.payload::text, s.queue_name, s.priority::int, s.run_at, s.attempts::int,
      s.max_attempts::int, s.key, s.flags, s.last_error, s.locked_at, s.locked_by, s.created_at, s.updated_at,
      s.revision
    from added as a, graphile_worker.show_job(a.id) as s
  $$,
  $$
    select
      a.id, 'ready', 't', '{"b" : 1, "a":2, "b": "\u0000"}', 'q', -3, now() - interval '1 hour', 0,
      7, 'k', '{"red": true}'::jsonb, null::text, null::timestamptz, null::text, now(), now(), 0
    from added as a
  $$,
  'every column, names in place of ids, the payload to the character'
);

select graphile_worker.get_jobs('w');
select results_eq(
  $$
    select s.job_state, s.locked_by, s.locked_at, s.attempts::int from added as a, graphile_worker.show_job(a.id) as s
  $$,
  $$values ('locked', 'w', now(), 1)$$,
  'a job that runs'
);
select graphile_worker.fail_jobs('w', array[a.id], array['boom']) from added as a;
select results_eq(
  $$select s.job_state, s.last_error, s.run_at > now() from added as a, graphile_worker.show_job(a.id) as s$$,
  $$values ('scheduled', 'boom', true)$$,
  'a job that waits for its retry'
);
select graphile_worker.permanently_fail_jobs(array[a.id]) from added as a;
select results_eq(
  $$select s.job_state, s.attempts::int from added as a, graphile_worker.show_job(a.id) as s$$,
  $$values ('failed', 7)$$,
  'a job that failed for good'
);
create temp table plain as select * from graphile_worker.add_job('t');
select results_eq(
  $$select s.queue_name, s.job_state from plain as p, graphile_worker.show_job(p.id) as s$$,
  $$values (null::text, 'ready')$$,
  'a job without a queue'
);
select is_empty($$select * from graphile_worker.show_job(-1)$$, 'a job that is not there: no row');
select is_empty($$select * from graphile_worker.show_job(null)$$, 'null: no row');

delete from graphile_worker._private_jobs;
select graphile_worker.add_job('cancelled', job_key => k.key) from (values ('a'), ('b'), ('c'), ('d')) as k (key);
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key <> 'c';
update graphile_worker._private_jobs set locked_by = 'node' where key = 'd';
select graphile_worker.cancel_jobs(array(select j.id from graphile_worker._private_jobs as j where j.key <> 'a'));
-- As workers of another runtime fail it, who leave the mark.
update graphile_worker._private_jobs set locked_at = null, locked_by = null where locked_by = 'node';
select set_eq(
  $$select s.job_state, s.is_cancelled from graphile_worker._private_jobs as j, graphile_worker.show_job(j.id) as s$$, $$values ('locked', true), ('locked', false), ('failed', false)$$,
  'one that runs on after it was cancelled says so, and none that has ended'
);

select * from finish();
