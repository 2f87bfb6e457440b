-- From queue to queue by their ids, many of them in one statement.
select plan(12);

create function pg_temp.after(
  after_queue text default null, last_queue text default null, priority integer default 0,
  paused text[] default '{}', now timestamptz default now(), with_rates boolean default false,
  max_queues integer default 1000
) returns text language sql as $$
  select concat(
    array(select q.queue_name from graphile_worker._private_job_queues as q where q.id = any(f.free_queue_ids) order by q.id),
    ' to ', (select q.queue_name from graphile_worker._private_job_queues as q where q.id = f.reached_queue_id)
  )
  from graphile_worker._private_free_queues_after(
    coalesce((select q.id from graphile_worker._private_job_queues as q where q.queue_name = after_queue), 0),
    coalesce((select q.id from graphile_worker._private_job_queues as q where q.queue_name = last_queue), 2147483647),
    (select t.id from graphile_worker._private_tasks as t where t.identifier = 't'),
    priority::smallint,
    array(select q.id from graphile_worker._private_job_queues as q where q.queue_name = any(paused)),
    after.now, case when with_rates then now() end, max_queues
  ) as f
$$;

select graphile_worker.add_job('t', queue_name => 'a', priority => 1);
select is(pg_temp.after(), '{} to ', 'none at that priority');
-- One each, so that their ids have this order.
select graphile_worker.add_job('t', queue_name => 'b', run_at => now() - interval '1 hour');
select graphile_worker.add_job('t', queue_name => 'b', run_at => now() - interval '2 hours');
select graphile_worker.add_job('t', queue_name => 'c', run_at => now() + interval '1 hour');
select graphile_worker.add_job('t', queue_name => 'd', run_at => now() - interval '1 hour');
select graphile_worker.add_job('u', queue_name => 'e', run_at => now() - interval '1 hour');
select graphile_worker.add_job('t', queue_name => 'f', run_at => now() - interval '1 hour');
select is(pg_temp.after(), '{b,d,f} to f', 'those with something due of that task, once each');
select is(pg_temp.after(priority => 1), '{a} to a', 'at another priority');
select is(pg_temp.after(now => now() + interval '1 hour'), '{b,c,d,f} to f', 'now decides what is due');
select is(pg_temp.after('b'), '{d,f} to f', 'behind one');
select is(pg_temp.after('b', 'd'), '{d} to d', 'and up to another');
select is(pg_temp.after('f'), '{} to ', 'behind the last');
select is(pg_temp.after(max_queues => 2), '{b} to c', 'no more than are asked for, whether free or not');
select is(pg_temp.after(paused => '{d}'), '{b,f} to f', 'paused ones are left out');
update graphile_worker._private_job_queues set locked_at = now(), locked_by = 'w' where queue_name = 'b';
select is(pg_temp.after(), '{d,f} to f', 'and those that are locked');
insert into graphile_worker._private_buckets (kind, name, queue_name, full_at, next_at)
values ('pattern', '', 'f', now() + interval '1 minute', now() + interval '1 minute');
select is(pg_temp.after(with_rates => true), '{d} to f', 'and those whose rate leaves no room');
select is(pg_temp.after(), '{d,f} to f', 'where rates matter');

select * from finish();
