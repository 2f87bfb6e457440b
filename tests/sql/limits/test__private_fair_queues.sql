-- Whose turn it is.
select plan(5);

-- Heads in the order of their names, the oldest first.
create function pg_temp.fair(max_queues integer default null) returns text language sql as $$
  select string_agg(q.queue_name, ' ' order by f.place)
  from unnest(
    graphile_worker._private_fair_queues(
      array(
        select row(1, h.id, now() + h.queue_name::interval, 1)::graphile_worker._private_position
        from graphile_worker._private_job_queues as h
      ),
      max_queues
    )
  ) with ordinality as f (queue_id, place)
  inner join graphile_worker._private_job_queues as q on q.id = f.queue_id
$$;
select graphile_worker.add_job('t', queue_name => q || 's') from generate_series(1, 5) as q, generate_series(1, 3);
select is(pg_temp.fair(), '1s 2s 3s 4s 5s', 'nothing is limited: the oldest first');
select is(pg_temp.fair(2), '1s 2s', 'no more than wanted');
select graphile_worker.limit_queue(q || 's', 3) from generate_series(1, 5) as q where q <> 2;
update graphile_worker._private_jobs as j set locked_by = 'w', locked_at = now()
where j.id % 3 = 0 and j.job_queue_id in (
  select q.id from graphile_worker._private_job_queues as q where q.queue_name in ('1s', '4s')
);
select is(pg_temp.fair(), '3s 2s 5s 1s 4s', 'of those with a limit first who runs nothing, in their places');
select graphile_worker.limit_queue('4s', share => 4);
select is(pg_temp.fair(), '4s 2s 3s 5s 1s', 'by their shares');
select graphile_worker.limit_queue('3s', 1), graphile_worker.limit_queue('1s', 1);
select is(pg_temp.fair(), '2s 4s 3s 5s', 'not one that is full');

select * from finish();
