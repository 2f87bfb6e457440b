-- Outcomes of all kinds together, all or nothing.
select plan(7);

select graphile_worker.add_job('t', '[1]', k.queue, job_key => k.key, max_attempts => k.most)
from (values
  ('done', null, 3), ('failed', 'q', 3), ('failed for good', null, 1), ('returned', 'r', 3), ('interrupted', null, 3),
  ('held', null, 3), ('other', null, 3)
) as k (key, queue, most);
create temp table keys as select j.id, j.key from graphile_worker._private_jobs as j;
create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(k.id order by array_position(keys, k.key)) from keys as k where k.key = any(keys)
$$;
select graphile_worker.get_jobs('w', max_jobs => 100);
update graphile_worker._private_jobs set locked_by = 'other' where key = 'other';

prepare round as
select h.*
from graphile_worker._private_hand_in(
  'w', pg_temp.ids('done', 'other'), pg_temp.ids('failed', 'failed for good'), array['boom', 'bang'],
  array['[2]', null], array[now() + interval '1 hour', null], pg_temp.ids('returned'), pg_temp.ids('interrupted'),
  '1 minute', now() + interval '1 hour'
) as h;

savepoint before;
select throws_ok(
  $$
    select graphile_worker._private_hand_in(
      'w', pg_temp.ids('done'), pg_temp.ids('failed'), array['boom'], array['no JSON']
    )
  $$,
  '22P02', null, 'one that can not be recorded'
);
select is((select count(*) from graphile_worker._private_jobs as j where j.locked_by = 'w'), 6::bigint, 'changes nothing');

create temp table answer as execute round;
select set_eq(
  $$select unnest(a.taken_ids) from answer as a$$,
  $$select unnest(pg_temp.ids('done', 'failed', 'failed for good', 'returned', 'interrupted'))$$,
  'all that the worker held and handed in'
);
select results_eq(
  $$select a.retried_ids, a.failed_ids from answer as a$$,
  $$values (pg_temp.ids('failed'), pg_temp.ids('failed for good'))$$,
  'which of them have failed, and will be tried again'
);
select results_eq(
  $$
    select
      j.key, j.locked_by, j.attempts::integer, j.last_error, j.payload::text,
      round(extract(epoch from j.run_at - now()))::integer
    from graphile_worker._private_jobs as j order by j.id
  $$,
  $$values
    ('failed', null, 1, 'boom', '[2]', 3603),
    ('failed for good', null, 1, 'bang', '[1]', 3),
    ('returned', null, 0, null, '[1]', 0),
    ('interrupted', null, 0, null, '[1]', 3660),
    ('held', 'w', 1, null, '[1]', 0),
    ('other', 'other', 1, null, '[1]', 0)
  $$,
  'each recorded as what it is'
);
select is_empty(
  $$select q.queue_name from graphile_worker._private_job_queues as q where q.locked_by is not null$$,
  'their queues are free'
);
select results_eq('round', $$values ('{}'::bigint[], null::bigint[], null::bigint[])$$, 'a second time: nothing left');

select * from finish();
