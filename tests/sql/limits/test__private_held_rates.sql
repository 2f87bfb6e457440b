-- What is used of the rates of queues is locked; tests with two connections have what somebody else holds.
select plan(2);

select graphile_worker.add_job('t', queue_name => q) from unnest(array['a', 'b', 'c']) as q;
select graphile_worker.limit_queue('a', rate => 1), graphile_worker.limit_queue('b', rate => 1);
insert into graphile_worker._private_buckets (kind, name, queue_name, full_at, next_at, written_at)
select 'queue', q, q, now(), now(), now() from unnest(array['a', 'c']) as q;
select is(
  graphile_worker._private_held_rates(array(select q.id from graphile_worker._private_job_queues as q)), '{}',
  'nobody holds one'
);
select results_eq(
  $$select b.name from graphile_worker._private_buckets as b where b.xmax <> '0'$$, $$values ('a')$$,
  'that of the queue with a rate is locked'
);

select * from finish();
