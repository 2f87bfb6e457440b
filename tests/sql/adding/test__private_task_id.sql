-- A task has one row, made on first use.
select plan(6);

create temp table made as select graphile_worker._private_task_id('t') as id;
select results_eq(
  $$select t.id, t.identifier from graphile_worker._private_tasks as t$$,
  $$select m.id, 't' from made as m$$,
  'a missing task is made, and its id returned'
);
select is(
  graphile_worker._private_task_id('t'),
  (select m.id from made as m),
  'the next call returns the same id'
);

-- The identity is an int: upstream ran out of numbers because every call, even one that found its task, used one up.
create temp table used as
select last_value from pg_sequences
where schemaname = 'graphile_worker' and sequencename = '_private_tasks_id_seq';
select is(count(distinct graphile_worker._private_task_id('t')), 1::bigint, 'a hundred calls, one id')
from generate_series(1, 100);
select results_eq(
  $$
    select last_value from pg_sequences
    where schemaname = 'graphile_worker' and sequencename = '_private_tasks_id_seq'
  $$,
  $$select u.last_value from used as u$$,
  'finding a task uses up no number'
);

select isnt(
  graphile_worker._private_task_id('T'),
  (select m.id from made as m),
  'identifiers differ by case'
);
select results_eq(
  $$select t.identifier from graphile_worker._private_tasks as t order by t.id$$,
  $$values ('t'), ('T')$$,
  'nothing but the two tasks was made'
);

select * from finish();
