-- A named queue has one row, made on first use.
select plan(7);

select is(graphile_worker._private_queue_id(null), null, 'no queue has no id');
select is_empty($$select from graphile_worker._private_job_queues$$, 'and makes no row');

create temp table made as select graphile_worker._private_queue_id('q') as id;
select results_eq(
  $$select q.id, q.queue_name, q.locked_at, q.locked_by, q.is_available from graphile_worker._private_job_queues as q$$,
  $$select m.id, 'q', null::timestamptz, null::text, true from made as m$$,
  'a missing queue is made, free, and its id returned'
);
select is(
  graphile_worker._private_queue_id('q'),
  (select m.id from made as m),
  'the next call returns the same id'
);

-- The identity is an int: upstream ran out of numbers because every call, even one that found its queue, used one up.
create temp table used as
select last_value from pg_sequences
where schemaname = 'graphile_worker' and sequencename = '_private_job_queues_id_seq';
select is(count(distinct graphile_worker._private_queue_id('q')), 1::bigint, 'a hundred calls, one id')
from generate_series(1, 100);
select results_eq(
  $$
    select last_value from pg_sequences
    where schemaname = 'graphile_worker' and sequencename = '_private_job_queues_id_seq'
  $$,
  $$select u.last_value from used as u$$,
  'finding a queue uses up no number'
);
update graphile_worker._private_job_queues set locked_at = now(), locked_by = 'w';
select is(
  graphile_worker._private_queue_id('q'),
  (select m.id from made as m),
  'a queue that a worker holds is found as well'
);

select * from finish();
