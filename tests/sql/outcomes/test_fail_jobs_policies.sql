-- When a job that failed is due again: as whoever ran it says, as the policy of its task says, or as ever.
select plan(21);

select graphile_worker.add_job(k.task, '[1]', k.queue, job_key => k.key, max_attempts => 5)
from (values
  ('t', null, 'a'), ('t', null, 'b'), ('u', null, 'c'), ('t', 'q', 'superseded'), ('t', 'r', 'cancelled'),
  ('t', 's', 'to be removed'), ('t', null, 'both')
) as k (task, queue, key);
create temp table named as select j.id, j.key from graphile_worker._private_jobs as j;
create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(n.id order by array_position(keys, n.key)) from named as n where n.key = any(keys)
$$;
create function pg_temp.claim() returns void language sql as $$
  update graphile_worker._private_jobs set locked_by = 'w', locked_at = now(), attempts = 3, run_at = now() - interval '1 hour';
  update graphile_worker._private_job_queues set locked_by = 'w', locked_at = now();
$$;
create function pg_temp.failed(
  retry_ats timestamptz[] default null, given_up boolean[] default null
) returns table (key text, due_in interval, will_retry boolean, attempts integer) language sql as $$
  select n.key, date_trunc('second', f.run_at - now()), f.will_retry, f.attempts::integer
  from graphile_worker.fail_jobs(
    'w', pg_temp.ids('a', 'b', 'c'), '{x,y,z}', retry_ats => failed.retry_ats, given_up => failed.given_up
  ) as f
  inner join named as n on n.id = f.id
$$;
select pg_temp.claim();
select set_eq(
  'select * from pg_temp.failed()',
  $$values ('a', interval '20 seconds', true, 3), ('b', '20 seconds', true, 3), ('c', '20 seconds', true, 3)$$,
  'without a policy'
);
select graphile_worker.set_task_policy('t', max_attempts => 9);
select pg_temp.claim();
select set_eq(
  'select * from pg_temp.failed()',
  $$values ('a', interval '20 seconds', true, 3), ('b', '20 seconds', true, 3), ('c', '20 seconds', true, 3)$$,
  'a policy that says nothing of retries'
);
select graphile_worker.set_task_policy('t', retry => '{"kind": "linear", "base": "1 minute"}');
select pg_temp.claim();
select set_eq(
  'select * from pg_temp.failed()',
  $$values ('a', interval '3 minutes', true, 3), ('b', '3 minutes', true, 3), ('c', '20 seconds', true, 3)$$,
  'one that does, and a task without'
);
select pg_temp.claim();
select set_eq(
  $$select * from pg_temp.failed(retry_ats => array[null, now() + interval '7 hours', now() - interval '2 hours'])$$,
  $$values ('a', interval '3 minutes', true, 3), ('b', '7 hours', true, 3), ('c', '-2 hours', true, 3)$$,
  'at the instants that are given'
);
select pg_temp.claim();
select set_eq(
  $$select f.key, f.will_retry, f.attempts from pg_temp.failed(given_up => '{t,f,null}') as f$$,
  $$values ('a', false, 5), ('b', true, 3), ('c', true, 3)$$, 'one is given up, with attempts left'
);
select set_eq(
  $$select j.key, j.last_error, j.is_available from graphile_worker._private_jobs as j where j.key in ('a', 'b', 'c')$$,
  $$values ('a', 'x', false), ('b', 'y', true), ('c', 'z', true)$$, 'it has failed for good, and says why'
);
select pg_temp.claim();
update graphile_worker._private_jobs set attempts = 5 where key = 'b';
select set_eq(
  $$select f.key, f.will_retry, f.attempts from pg_temp.failed(retry_ats => array[null, now(), null]) as f$$,
  $$values ('a', true, 3), ('b', false, 5), ('c', true, 3)$$, 'an instant makes no attempt more'
);
select set_eq(
  $$
    select f.id from graphile_worker.fail_jobs('w', pg_temp.ids('a'), '{x}', null, null) as f
    union all select f.id from graphile_worker.fail_jobs(
      worker_id => 'w', job_ids => pg_temp.ids('a'), error_messages => '{x}', replacement_payloads => null, failed_at => null
    ) as f
  $$,
  'select 1::bigint where false', 'the arguments of before, by place and by name'
);

-- What was superseded or cancelled meanwhile.
select pg_temp.claim();
select graphile_worker.remove_job('superseded'), graphile_worker.remove_job('both');
select graphile_worker.cancel_jobs(pg_temp.ids('cancelled', 'both'), 'wrong file'),
  graphile_worker.cancel_jobs(pg_temp.ids('to be removed'), remove => true);
create temp table answer as
select n.key, f.* from graphile_worker.fail_jobs(
  'w', pg_temp.ids('superseded', 'cancelled', 'to be removed', 'both'), '{a,b,c,d}', array['[2]', '[2]', '[2]', '[2]']::json[],
  retry_ats => array[now(), now(), now(), now()]
) as f inner join named as n on n.id = f.id;
select set_eq(
  'select a.key, a.will_retry, a.attempts = a.max_attempts as is_out_of_attempts from answer as a',
  $$values ('superseded', false, true), ('cancelled', false, true), ('to be removed', false, true), ('both', false, true)$$,
  'told: none is tried again'
);
select set_eq(
  $$
    select n.key, j.last_error, j.is_available, j.locked_by, j.run_at, j.flags
    from graphile_worker._private_jobs as j inner join named as n on n.id = j.id
    where n.key not in ('a', 'b', 'c')
  $$,
  $$values
    ('superseded', 'a', false, null, now(), '{"graphile_worker:superseded": true}'::jsonb),
    ('cancelled', 'Cancelled: wrong file', false, null, now(), null),
    ('both', 'Cancelled: wrong file', false, null, now(), '{"graphile_worker:superseded": true}')$$,
  'they have failed, or are gone; what was cancelled says so, and who was superseded is not forgotten'
);
select set_eq(
  'select q.queue_name, q.locked_by from graphile_worker._private_job_queues as q',
  $$values ('q', null), ('r', null), ('s', null)$$, 'their queues are free'
);
select results_eq(
  $$select j.id from graphile_worker.retry_jobs(pg_temp.ids('cancelled')) as j$$, $$select unnest(pg_temp.ids('cancelled'))$$,
  'what was cancelled can be retried by an operator'
);
select graphile_worker.get_jobs('w', '{t}', 100);
select results_eq(
  $$select f.will_retry from graphile_worker.fail_jobs('w', pg_temp.ids('cancelled'), '{x}') as f$$, 'values (true)',
  'and is a job like any other then'
);

select throws_ok(format('select graphile_worker.fail_jobs(''w'', ''{1,2}'', ''{e,f}'', %s)', c.arguments), c.code, null, c.code || ': ' || c.name)
from (values
  ($$retry_ats => '{now}'$$, 'GWBAL', 'fewer instants than ids'),
  ($$retry_ats => '{now,now,now}'$$, 'GWBAL', 'more instants than ids'),
  ($$given_up => '{t}'$$, 'GWBAL', 'fewer that are given up'),
  ($$given_up => '{}'$$, 'GWBAL', 'none of them'),
  ($$given_up => '{t,f,t}'$$, 'GWBAL', 'more that are given up'),
  ($$retry_ats => '{now,infinity}'$$, 'GWBTI', 'never'),
  ($$retry_ats => '{-infinity,null}'$$, 'GWBTI', 'ever')
) as c (arguments, code, name);
select is_empty($$select graphile_worker.fail_jobs('w', '{}', '{}', null, null, '{}', '{}')$$, 'no id at all');

select * from finish();
