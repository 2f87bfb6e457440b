-- What happens to each column of a job whose key is added again. The table of modes stands in test_add_job.sql.
select plan(12);

create temp table ids as
select
  graphile_worker._private_task_id('old') as old_task,
  graphile_worker._private_task_id('new') as new_task,
  graphile_worker._private_queue_id('old') as old_queue,
  graphile_worker._private_queue_id('new') as new_queue;
create function pg_temp.add_old(key text) returns bigint language sql as $$
  select (graphile_worker._private_add_keyed_job(
    i.old_task, '"old"', i.old_queue, now() - interval '1 day', 5, key, 10, '{"old": true}', 'replace'
  )).id
  from ids as i
$$;
create function pg_temp.add_new(key text, mode text) returns bigint language sql as $$
  select (graphile_worker._private_add_keyed_job(
    i.new_task, '"new"', i.new_queue, now() + interval '1 day', 6, key, -10, '{"new": true}', mode
  )).id
  from ids as i
$$;
-- The row of the key as text, by what tells old from new.
create view pg_temp.seen as
select
  j.key,
  j.id,
  format(
    'task %s, payload %s, queue %s, day %s, max_attempts %s, priority %s, flags %s',
    t.identifier, j.payload #>> '{}', q.queue_name,
    extract(day from j.run_at - now())::integer, j.max_attempts, j.priority, j.flags
  ) as "values",
  format('attempts %s, error %s, revision %s', j.attempts, coalesce(j.last_error, 'none'), j.revision) as history
from graphile_worker._private_jobs as j
inner join graphile_worker._private_tasks as t on t.id = j.task_id
inner join graphile_worker._private_job_queues as q on q.id = j.job_queue_id;

create temp table first as
select k.key, pg_temp.add_old(k.key) as id from unnest(array['r', 'p', 'd']) as k (key);
select results_eq(
  $$select s."values", s.history from seen as s where s.key = 'r'$$,
  $$values (
    'task old, payload old, queue old, day -1, max_attempts 5, priority 10, flags {"old": true}',
    'attempts 0, error none, revision 0'
  )$$,
  'a key that nobody has: a job with every value given'
);
select is(
  (select count(*) from graphile_worker._private_jobs where locked_at is null and is_available), 3::bigint,
  'it is free to be claimed'
);

update graphile_worker._private_jobs
set attempts = 2, last_error = 'boom', created_at = now() - interval '1 hour', updated_at = now() - interval '1 hour';
create temp table second as
select 'r' as key, pg_temp.add_new('r', 'replace') as id
union all
select 'p', pg_temp.add_new('p', 'preserve_run_at')
union all
select 'd', pg_temp.add_new('d', 'unsafe_dedupe');

select set_eq('select * from second', 'select * from first', 'no mode makes a second row for a free job');
select results_eq(
  $$select s."values", s.history from seen as s where s.key = 'r'$$,
  $$values (
    'task new, payload new, queue new, day 1, max_attempts 6, priority -10, flags {"new": true}',
    'attempts 0, error none, revision 1'
  )$$,
  'replace: every value is the new one, and the history starts anew'
);
select results_eq(
  $$select s."values", s.history from seen as s where s.key = 'p'$$,
  $$values (
    'task new, payload new, queue new, day 1, max_attempts 6, priority -10, flags {"new": true}',
    'attempts 0, error none, revision 1'
  )$$,
  'preserve_run_at: the same for a job that has been attempted'
);
select results_eq(
  $$select s."values", s.history from seen as s where s.key = 'd'$$,
  $$values (
    'task old, payload old, queue old, day -1, max_attempts 5, priority 10, flags {"old": true}',
    'attempts 2, error boom, revision 1'
  )$$,
  'unsafe_dedupe: only the revision tells'
);
select is(
  (select array_agg(distinct j.created_at) from graphile_worker._private_jobs as j),
  array[now() - interval '1 hour'], 'created_at stays in every mode'
);
select is(
  (select array_agg(distinct j.updated_at) from graphile_worker._private_jobs as j),
  array[now()], 'updated_at moves in every mode'
);

-- A job that has not been attempted.
select pg_temp.add_old('q');
select pg_temp.add_new('q', 'preserve_run_at');
select is(
  (select s."values" from seen as s where s.key = 'q'),
  'task new, payload new, queue new, day -1, max_attempts 6, priority -10, flags {"new": true}',
  'preserve_run_at: before the first attempt run_at stays, everything else is new'
);

-- A job that runs.
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w', attempts = 1 where key = 'r';
select isnt(
  pg_temp.add_new('r', 'replace'), (select f.id from first as f where f.key = 'r'), 'a running job: a second row'
);
select results_eq(
  $$
    select s.key, s.history, j.locked_by, j.locked_at = now(), j.updated_at = now()
    from seen as s
    inner join first as f on f.id = s.id and f.key = 'r'
    inner join graphile_worker._private_jobs as j on j.id = s.id
  $$,
  $$values (null, 'attempts 6, error none, revision 1', 'w', true, true)$$,
  'the running one loses its key and its further attempts, not its lock'
);
select results_eq(
  $$select s.history from seen as s where s.key = 'r'$$,
  $$values ('attempts 0, error none, revision 0')$$,
  'the key belongs to the new row, which starts at revision 0'
);

select * from finish();
