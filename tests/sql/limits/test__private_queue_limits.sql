-- The one limit of a queue.
select plan(2);

select graphile_worker.add_job('t', queue_name => q) from unnest(array['a:b:c', 'a:b', 'a:x', 'z', 'e:1']) as q;
select is_empty(
  'select from graphile_worker._private_queue_limits(array(select q.id from graphile_worker._private_job_queues as q))',
  'none'
);
select
  graphile_worker.limit_queue('a:*', 5, 10), graphile_worker.limit_queue('a:b*', 4, share => 2),
  graphile_worker.limit_queue('a:b', rate => 3), graphile_worker.limit_queue('e:*', 3);
select graphile_worker.unlimit_queue('e:*');
select results_eq(
  $$
    select l.queue_name, l.kind, l.name, l.width, l.rate, l.share
    from graphile_worker._private_queue_limits(array(select q.id from graphile_worker._private_job_queues as q)) as l
    order by 1
  $$,
  $$values
    ('a:b', 'queue', 'a:b', 1, 3::float8, 1::float8), ('a:b:c', 'pattern', 'a:b', 4, null, 2),
    ('a:x', 'pattern', 'a:', 5, 10, 1), ('e:1', 'pattern', 'e:', 1, null, 1)
  $$,
  'its name''s, else the longest pattern''s; what was taken back is one wide; others have none'
);

select * from finish();
