-- One by one, where the database refuses one of them.
select plan(6);

select graphile_worker.add_job('t', '[1]', k.queue, job_key => k.key)
from (values
  ('done', null), ('not done', 'q'), ('stuck', 'r'), ('failed', null), ('no JSON', null), ('bad failure', null),
  ('returned', null), ('not returned', null), ('interrupted', null)
) as k (key, queue);
create temp table keys as select j.id, j.key from graphile_worker._private_jobs as j;
create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(k.id order by array_position(keys, k.key)) from keys as k where k.key = any(keys)
$$;
create function pg_temp.raise() returns trigger language plpgsql as $$
begin
  raise exception using message = E'no to ' || old.key || E'\nat all', errcode = tg_argv[0];
end;
$$;
select graphile_worker.get_jobs('w', max_jobs => 100);
create trigger no_delete before delete on graphile_worker._private_jobs
for each row when (old.key = 'not done') execute function pg_temp.raise('P0001');
-- An assertion is no "other".
create trigger nothing before update or delete on graphile_worker._private_jobs
for each row when (old.key = 'stuck') execute function pg_temp.raise('P0004');
create trigger no_return before update on graphile_worker._private_jobs
for each row when (old.key = 'not returned') execute function pg_temp.raise('P0001');
create trigger no_message before update on graphile_worker._private_jobs
for each row when (new.last_error = 'bad') execute function pg_temp.raise('23514');

create temp table answer as
select a.*
from graphile_worker._private_hand_in_apart(
  'w', pg_temp.ids('done', 'not done', 'stuck'), pg_temp.ids('failed', 'no JSON', 'bad failure'),
  array['boom', 'bang', 'bad'], array['[2]', '?', null], array[now(), now() + interval '1 hour', null],
  pg_temp.ids('returned', 'not returned'), pg_temp.ids('interrupted'), '1 minute', now()
) as a;
select set_eq(
  $$select unnest(a.taken_ids) from answer as a$$,
  $$
    select unnest(
      pg_temp.ids('done', 'not done', 'failed', 'no JSON', 'bad failure', 'returned', 'interrupted')
    )
  $$,
  'all but those that can not be touched'
);
select results_eq(
  $$select a.retried_ids, a.failed_ids from answer as a$$,
  $$values (pg_temp.ids('not done', 'failed', 'no JSON', 'bad failure'), null::bigint[])$$,
  'which of them have failed'
);
select results_eq(
  $$
    select k.key, b.error
    from answer as a cross join lateral unnest(a.bad_ids, a.errors) as b (id, error) inner join keys as k on k.id = b.id
    order by k.id
  $$,
  $$values
    ('not done', 'no to not done'), ('stuck', 'no to stuck'), ('no JSON', 'invalid input syntax for type json'),
    ('bad failure', 'no to bad failure'), ('not returned', 'no to not returned')
  $$,
  'what was bad, and why, in a line'
);
select results_eq(
  $$
    select
      j.key, j.locked_by, j.last_error, j.payload::text, round(extract(epoch from j.run_at - now()))::integer
    from graphile_worker._private_jobs as j order by j.id
  $$,
  $$values
    ('not done', null, 'the database refused to record its outcome: no to not done', '[1]', 3),
    ('stuck', 'w', null, '[1]', 0),
    ('failed', null, 'boom', '[2]', 3),
    ('no JSON', null, 'the database refused to record its outcome: invalid input syntax for type json', '[1]', 3603),
    ('bad failure', null, 'the database refused to record its outcome: no to bad failure', '[1]', 3),
    ('returned', null, null, '[1]', 0),
    ('not returned', 'w', null, '[1]', 0),
    ('interrupted', null, null, '[1]', 60)
  $$,
  'recorded'
);
select results_eq(
  $$select q.queue_name, q.locked_by from graphile_worker._private_job_queues as q order by q.id$$,
  $$values ('q', null), ('r', 'w')$$,
  'the queue of the one that stays locked stays with it'
);

create trigger busy before update or delete on graphile_worker._private_jobs
for each row when (old.key = 'not returned') execute function pg_temp.raise('55P03');
drop trigger no_return on graphile_worker._private_jobs;
select throws_ok(
  $$
    select graphile_worker._private_hand_in_apart(
      'w', pg_temp.ids('not returned'), null, null, null, null, null, null, '0', now()
    )
  $$,
  '55P03', null, 'what passes is raised'
);

select * from finish();
