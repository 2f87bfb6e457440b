-- What is left of limits and pauses.
select plan(6);

insert into graphile_worker._private_paused_tasks (task_identifier, until)
values ('over', now()), ('on', now() + interval '1 hour'), ('always', null);
insert into graphile_worker._private_paused_queues (queue_name, until)
values ('over', now()), ('on', now() + interval '1 hour'), ('always', null);
select graphile_worker._private_sweep_limits();
select results_eq(
  'select p.name from graphile_worker.list_paused() as p where p.kind = ''task'' order by 1', $$values ('always'), ('on')$$,
  'pauses that are over'
);
select results_eq('select p.queue_name from graphile_worker._private_paused_queues as p order by 1', $$values ('always'), ('on')$$, 'of both kinds');

select graphile_worker.limit_queue('a*', 3), graphile_worker.limit_queue('b', 3);
select graphile_worker.add_job('t', queue_name => q) from unnest(array['a1', 'b']) as q, generate_series(1, 2);
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where id % 2 = 0 or job_queue_id = (
  select q.id from graphile_worker._private_job_queues as q where q.queue_name = 'b'
);
select graphile_worker.unlimit_queue('a*'), graphile_worker.unlimit_queue('b');
insert into graphile_worker._private_buckets values
  ('task', 'old', '', now() - interval '1 hour', now()), ('task', 'new', '', now(), now());
update graphile_worker._private_job_queues set locked_by = null, locked_at = null;
select graphile_worker._private_sweep_limits();
select results_eq(
  'select l.name from graphile_worker._private_limits as l order by 1', $$values ('b')$$,
  'a limit that was taken back goes when no queue of it runs two'
);
select is(
  (select count(*) from graphile_worker._private_job_queues as q where q.locked_by = 'w'), 2::bigint,
  'by then each that runs one is locked'
);
select results_eq('select b.name from graphile_worker._private_buckets as b', $$values ('new')$$, 'rates of which nothing is used');
delete from graphile_worker._private_jobs;
select graphile_worker._private_sweep_limits();
select is_empty('select from graphile_worker._private_limits', 'and the other');

select * from finish();
