-- Frees queues, but only those that the worker holds.
select plan(4);

insert into graphile_worker._private_job_queues (queue_name, locked_by, locked_at)
values
  ('mine 1', 'w', now()), ('mine 2', 'w', now()), ('mine 3', 'w', now()), ('theirs', 'other', now()),
  ('free', null, null);
create function pg_temp.queue_ids(variadic names text[]) returns integer[] language sql as $$
  select array_agg(q.id) from graphile_worker._private_job_queues as q where q.queue_name = any(names)
$$;

select graphile_worker._private_unlock_queues(
  'w', pg_temp.queue_ids('mine 1', 'mine 2', 'theirs', 'free') || array[null, -1]
);
select results_eq(
  $$
    select q.queue_name, q.locked_by, q.locked_at is null, q.is_available
    from graphile_worker._private_job_queues as q order by q.id
  $$,
  $$values
    ('mine 1', null, true, true),
    ('mine 2', null, true, true),
    ('mine 3', 'w', false, false),
    ('theirs', 'other', false, false),
    ('free', null, true, true)
  $$,
  'what this worker holds and names is free, and nothing else has changed'
);
select lives_ok($$select graphile_worker._private_unlock_queues('w', '{}')$$, 'no queue at all');
select lives_ok($$select graphile_worker._private_unlock_queues('w', null)$$, 'null for no queue at all');
select is(
  (select count(*) from graphile_worker._private_job_queues where locked_by is not null), 2::bigint,
  'neither frees anything'
);

select * from finish();
