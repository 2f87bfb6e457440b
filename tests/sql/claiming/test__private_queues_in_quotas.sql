-- The queues whose turn it is, where no more of each task are to be claimed than its quota.
select plan(7);

-- a1 b1 a2 a3 b2 c1 in queues of these names, p1 (a) and p2 (b) without one in between.
select graphile_worker.add_job(left(j.task, 1), to_json(j.name), j.queue, now() - interval '1 hour' + j.n * interval '1 s')
from (select v.*, row_number() over () as n from (values
  ('a1', 'a', 'a1'), ('p1', 'a', null), ('b1', 'b', 'b1'), ('a2', 'a', 'a2'), ('p2', 'b', null), ('a3', 'a', 'a3'),
  ('b2', 'b', 'b2'), ('c1', 'c', 'c1')
) as v (name, task, queue)) as j;
create function pg_temp.chosen(
  quotas integer[], with_plain boolean default true, max_jobs integer default 9, tasks text[] default '{a,b,c}'
) returns text language sql as $$
  select string_agg(q.queue_name, ' ' order by q.queue_name)
  from unnest(graphile_worker._private_queues_in_quotas(
    heads => array(
      select row(j.task_id, j.job_queue_id, j.run_at, j.id)::graphile_worker._private_position
      from graphile_worker._private_jobs as j where j.job_queue_id is not null
    ),
    task_ids => array(
      select t.id from graphile_worker._private_tasks as t where t.identifier = any(tasks) order by t.identifier
    ),
    quotas => chosen.quotas,
    priority => 0::smallint,
    plain_starts => case when with_plain then array(
      select row(t.id, null, timestamptz '-infinity', 0)::graphile_worker._private_position
      from graphile_worker._private_tasks as t
    ) end,
    forbidden_flags => null, now => now(), max_jobs => chosen.max_jobs
  )) as c (id)
  inner join graphile_worker._private_job_queues as q on q.id = c.id
$$;

select is(pg_temp.chosen('{null,null,null}', false), 'a1 a2 a3 b1 b2 c1', 'no bounds');
select is(pg_temp.chosen('{2,1,null}', false), 'a1 a2 b1 c1', 'the first of each');
select is(pg_temp.chosen('{2,1}', false, tasks => '{a,c}'), 'a1 a2 c1', 'none of other tasks');
select is(pg_temp.chosen('{2,2,null}'), 'a1 b1 c1', 'jobs without a queue have their turn');
select is(pg_temp.chosen('{3,null,0}'), 'a1 a2 b1 b2', 'in each task by itself');
select is(pg_temp.chosen('{2,2,2}', max_jobs => 3), 'a1 b1', 'and no more than max_jobs together');
select is(pg_temp.chosen('{1,1,1}', max_jobs => 1), 'a1', 'as many as there are');

select * from finish();
