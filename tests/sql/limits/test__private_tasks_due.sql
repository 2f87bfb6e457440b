-- Which tasks have something due.
select plan(3);

create function pg_temp.due() returns text language sql as $$
  select concat_ws(
    ' ',
    (select string_agg(t.identifier, ',' order by t.identifier) from graphile_worker._private_tasks as t where t.id = any(d.due_task_ids)),
    d.next_due - now()
  )
  from graphile_worker._private_tasks_due(array(select t.id from graphile_worker._private_tasks as t), now()) as d
$$;
select graphile_worker.add_job(t, run_at => now() + interval '1 hour', priority => 1) from unnest(array['p', 'q', 'r']) as t;
select is(pg_temp.due(), '01:00:00', 'none yet');
select graphile_worker.add_job('p', priority => 5), graphile_worker.add_job('q', queue_name => 'x', priority => -5);
select is(pg_temp.due(), 'p,q 01:00:00', 'with and without a queue, at any priority');
delete from graphile_worker._private_jobs;
select is(pg_temp.due(), '', 'nothing at all');

select * from finish();
