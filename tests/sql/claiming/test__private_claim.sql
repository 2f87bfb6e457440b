-- What worker_round claims by; test_get_jobs has the cases.
select plan(7);

select graphile_worker.add_job('t', queue_name => k.queue, job_key => k.key)
from (values ('a', null), ('b', 'q'), ('c', 'q')) as k (key, queue);
create function pg_temp.claim(worker_id text) returns setof record language sql as $$
  select c.task_ids, c.task_names, c.ctids, c.claimed_ids
  from graphile_worker._private_claim(worker_id, null, 10, null, now(), null, null, null, false) as c
$$;

create temp table claim as
select c.* from pg_temp.claim('w') as c (task_ids integer[], task_names text[], ctids tid[], claimed_ids bigint[]);
select results_eq(
  $$select c.task_ids, c.task_names from claim as c$$,
  $$select array_agg(t.id), array_agg(t.identifier) from graphile_worker._private_tasks as t$$,
  'the tasks'
);
select set_eq(
  $$select j.key from claim as c inner join graphile_worker._private_jobs as j on j.ctid = any(c.ctids)$$,
  $$values ('a'), ('b')$$,
  'where the jobs stand, one of each queue'
);
select is((select c.claimed_ids from claim as c), null, 'they are still to be updated');
select set_eq(
  $$select j.locked_by from graphile_worker._private_jobs as j$$, $$values (null::text)$$, 'by the caller'
);
select is(
  (select q.locked_by from graphile_worker._private_job_queues as q), 'w', 'their queues are locked'
);

-- Where something may refuse it.
update graphile_worker._private_job_queues set locked_by = null, locked_at = null;
create function pg_temp.nothing() returns trigger language plpgsql as $$ begin return new; end; $$;
create trigger nothing before update on graphile_worker._private_jobs for each row execute function pg_temp.nothing();
create temp table guarded as
select c.* from pg_temp.claim('v') as c (task_ids integer[], task_names text[], ctids tid[], claimed_ids bigint[]);
select set_eq(
  $$select j.key from guarded as c inner join graphile_worker._private_jobs as j on j.id = any(c.claimed_ids)$$,
  $$values ('a'), ('b')$$,
  'their ids, where there are triggers'
);
select set_eq(
  $$select j.locked_by from graphile_worker._private_jobs as j where j.key <> 'c'$$, $$values ('v')$$, 'as they are claimed'
);

select * from finish();
