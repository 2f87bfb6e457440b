-- The limits of queues have changed.
select plan(3);

insert into graphile_worker._private_buckets values
  ('queue', 'q', 'q', now() + interval '1 day', now() + interval '1 hour'),
  ('task', 't', '', now() + interval '1 day', now() + interval '1 hour');
select graphile_worker.add_job('t', queue_name => 'q');
insert into graphile_worker._private_limits (kind, name, origin, max_running) values ('queue', 'q', 'operator', 2);
update graphile_worker._private_job_queues set locked_by = 'w', locked_at = now();
select graphile_worker._private_reopen_queues();
select results_eq(
  'select b.kind, b.full_at - now(), b.next_at - now() from graphile_worker._private_buckets as b order by 1',
  $$values ('queue', interval '1 day', interval '0'), ('task', interval '1 day', interval '1 hour')$$,
  'whether a queue has room is looked up; what was used stays so'
);
insert into graphile_worker._private_limits (kind, name, origin, rate, per, burst)
values ('pattern', 'r', 'operator', 1, '1 hour', 1);
select graphile_worker.add_job('t', queue_name => 'r');
insert into graphile_worker._private_buckets values
  ('pattern', 'r', 'r', clock_timestamp() + interval '30 minutes', now() + interval '1 day');
select graphile_worker._private_reopen_queues();
select ok(
  (
    select b.next_at - now() between interval '29 minutes' and interval '31 minutes'
    from graphile_worker._private_buckets as b where b.name = 'r'
  ),
  'one that has none stays out until it has'
);
select ok((select bool_and(q.is_available) from graphile_worker._private_job_queues as q), 'they are settled');

select * from finish();
