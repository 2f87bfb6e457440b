-- What setting the limits of tasks and queues has in common; the rest is tested with limit_task and limit_queue.
select plan(3);

create function pg_temp.set(kind text, name text) returns boolean language sql as $$
  select graphile_worker._private_set_limit(kind, name, 3, null, null, null, null, null, null, null)
$$;
select ok(pg_temp.set('task', 'x*') and pg_temp.set('queue', 'x') and pg_temp.set('queue', 'x*'), 'three names');
select results_eq(
  'select l.kind, l.name from graphile_worker._private_limits as l order by 1',
  $$values ('pattern', 'x'), ('queue', 'x'), ('task', 'x*')$$, 'only queues have patterns'
);
select set_eq(
  'select r.room from graphile_worker._private_rooms as r', $$values ('task limits'), ('queue limits')$$, 'both rooms are in use'
);

select * from finish();
