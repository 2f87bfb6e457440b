-- What a claim may take still.
select plan(7);

select graphile_worker.add_job(t.task) from unnest(array['a', 'a', 'b', 'c']) as t (task);
create function pg_temp.ctids(task text, jobs integer) returns tid[] language sql as $$
  select array(
    select j.ctid from graphile_worker._private_jobs as j
    inner join graphile_worker._private_tasks as t on t.id = j.task_id
    where t.identifier = ctids.task limit jobs
  )
$$;
create function pg_temp.left_of(quotas integer[], ctids tid[]) returns text language sql as $$
  select format(
    '%s %s',
    (
      select string_agg(t.identifier, '' order by o.ordinal)
      from unnest(l.open_task_ids) with ordinality as o (id, ordinal)
      inner join graphile_worker._private_tasks as t on t.id = o.id
    ),
    l.open_quotas
  )
  from graphile_worker._private_quotas_left(
    array(select t.id from graphile_worker._private_tasks as t order by t.identifier), quotas, left_of.ctids
  ) as l
$$;

select is(pg_temp.left_of('{3,1,null}', '{}'), 'abc {3,1,NULL}', 'nothing was taken');
select is(pg_temp.left_of('{3,1,null}', null), 'abc {3,1,NULL}', 'as null');
select is(pg_temp.left_of('{3,1,null}', pg_temp.ctids('a', 2)), 'abc {1,1,NULL}', 'two of a');
select is(
  pg_temp.left_of('{2,1,null}', pg_temp.ctids('a', 2) || pg_temp.ctids('c', 1)), 'bc {1,NULL}',
  'all of a, one of what has no bound'
);
select is(pg_temp.left_of('{0,0,null}', '{}'), 'c ', 'no task with a bound is left: no bounds');
select is(pg_temp.left_of('{0,1,0}', pg_temp.ctids('b', 1)), ' ', 'no task is left');
select is(pg_temp.left_of('{1,1,1}', pg_temp.ctids('a', 2)), 'bc {1,1}', 'more than was to be taken');

select * from finish();
