-- Jobs that put themselves off, and jobs that were cancelled meanwhile.
select plan(10);

select graphile_worker.add_job('t', '[1]', k.queue, now() - interval '1 hour', job_key => k.key)
from (values ('a', null), ('b', null), ('c', null), ('cancelled', 'q'), ('to be removed', 'r'), ('both', null)) as k (key, queue);
create temp table named as select j.id, j.key from graphile_worker._private_jobs as j;
create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(n.id order by array_position(keys, n.key)) from named as n where n.key = any(keys)
$$;
create function pg_temp.due_in() returns table (key text, due_in interval, attempts integer) language sql as $$
  select j.key, j.run_at - now(), j.attempts::integer from graphile_worker._private_jobs as j where j.key in ('a', 'b', 'c')
$$;
select graphile_worker.get_jobs('w', max_jobs => 10);
select set_eq(
  $$
    select * from graphile_worker.return_jobs(
      'w', pg_temp.ids('c', 'a', 'b') || pg_temp.ids('a'), '1 minute',
      run_ats => array[null, now() + interval '1 day', now() - interval '1 day', now()]
    )
  $$,
  $$select unnest(pg_temp.ids('a', 'b', 'c'))$$, 'told: which'
);
select set_eq(
  'select * from pg_temp.due_in()',
  $$values ('a', interval '1 day', 0), ('b', '-1 day', 0), ('c', '1 minute', 0)$$,
  'each is due at its instant, with null after the delay; of one that is given twice the first holds'
);

select graphile_worker.cancel_jobs(pg_temp.ids('cancelled'), 'wrong file'),
  graphile_worker.cancel_jobs(pg_temp.ids('to be removed'), remove => true), graphile_worker.remove_job('both'),
  graphile_worker.cancel_jobs(pg_temp.ids('both'));
select set_eq(
  $$select * from graphile_worker.return_jobs(
      'w', pg_temp.ids('cancelled', 'to be removed', 'both'), run_ats => array[now(), now(), now()]
    )$$,
  $$select unnest(pg_temp.ids('cancelled', 'to be removed', 'both'))$$, 'what was cancelled comes back, too'
);
select set_eq(
  $$
    select n.key, j.last_error, j.attempts = j.max_attempts as is_out_of_attempts, j.locked_by, j.flags
    from graphile_worker._private_jobs as j inner join named as n on n.id = j.id where n.key not in ('a', 'b', 'c')
  $$,
  $$values ('cancelled', 'Cancelled: wrong file', true, null, null::jsonb)$$,
  'it has failed, or is gone; what lost its key is deleted before all'
);
select set_eq(
  'select q.queue_name, q.locked_by from graphile_worker._private_job_queues as q', $$values ('q', null), ('r', null)$$,
  'their queues are free'
);

select throws_ok(
  format('select graphile_worker.return_jobs(''w'', ''{1,2}'', run_ats => %L)', c.run_ats), c.code, null,
  c.code || ': ' || c.run_ats
)
from (values ('{now}', 'GWBAL'), ('{}', 'GWBAL'), ('{now,now,now}', 'GWBAL'), ('{null,infinity}', 'GWBTI')) as c (run_ats, code);
select is_empty($$select graphile_worker.return_jobs('w', '{}', run_ats => '{}')$$, 'no id at all');

select * from finish();
