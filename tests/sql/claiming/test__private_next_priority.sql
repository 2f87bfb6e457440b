-- Where jobs begin at the next priority.
select plan(17);

create function pg_temp.add(
  name text, run_at interval, priority integer default 0, queue_name text default null, task text default 't'
) returns void language sql as $$
  select graphile_worker.add_job(
    add.task, to_json(add.name), add.queue_name, now() + add.run_at, priority => add.priority, job_key => add.name
  )
$$;
create function pg_temp.job(name text) returns graphile_worker._private_jobs language sql as $$
  select j from graphile_worker._private_jobs as j where j.key = job.name
$$;
-- The priority; the jobs without a queue; where those in queues begin; when the next is due, in hours from now.
create function pg_temp.next(
  after_priority integer default -32769, hint text default null, tasks text[] default '{t,u,v}',
  now timestamptz default now()
) returns text language sql as $$
  select concat_ws(
    ' | ', p.priority,
    coalesce((
      select string_agg(j.key, ' ' order by j.key)
      from unnest(p.plain_starts) as s
      inner join graphile_worker._private_jobs as j
        on (j.id, j.task_id, j.run_at) = (s.id, s.task_id, s.run_at) and s.queue_id is null
    ), '-'),
    coalesce((p.queued_run_at - now())::text, '-'),
    coalesce((select j.key from graphile_worker._private_jobs as j where j.id = p.queued_id), '-'),
    coalesce((p.next_due - now())::text, '-')
  )
  from graphile_worker._private_next_priority(
    task_ids => array(select t.id from graphile_worker._private_tasks as t where t.identifier = any(tasks)),
    after_priority => next.after_priority,
    hint_priority => (pg_temp.job(hint)).priority,
    hint_run_at => (pg_temp.job(hint)).run_at,
    hint_id => (pg_temp.job(hint)).id,
    now => next.now
  ) as p
$$;

select is(pg_temp.next(), '- | - | - | -', 'nothing there: one row, all of it null');

select
  pg_temp.add('t0', '-5 hours', 0), pg_temp.add('t1', '-4 hours', 0), pg_temp.add('u0', '-3 hours', 0, task => 'u'),
  pg_temp.add('v0', '1 hour', 0, task => 'v'), pg_temp.add('v-1', '2 hours', -1, task => 'v'),
  pg_temp.add('t2', '3 hours', 2), pg_temp.add('t7', '-1 hour', 7);
select is(pg_temp.next(), '-1 | - | - | - | 02:00:00', 'the best priority, with nothing due: when it will be');
select is(pg_temp.next(-1), '0 | t0 u0 | - | - | -05:00:00', 'the next: where each task begins that has a job due');
select is(pg_temp.next(-1, tasks => '{u}'), '0 | u0 | - | - | -03:00:00', 'of one task');
select is(pg_temp.next(0), '2 | - | - | - | 03:00:00', 'and the next');
select is(pg_temp.next(0, now => now() + interval '3 hours'), '2 | t2 | - | - | 03:00:00', 'now decides what is due');
select is(pg_temp.next(6), '7 | t7 | - | - | -01:00:00', 'the last');
select is(pg_temp.next(7), '- | - | - | -', 'none after it');
select is(pg_temp.next(tasks => '{unknown}'), '- | - | - | -', 'nothing for no task');

-- A hint: at its priority only what is behind it.
select is(pg_temp.next(-1, 't0'), '0 | t1 u0 | - | - | -04:00:00', 'behind the hint, of every task');
select is(pg_temp.next(-1, 't1'), '0 | u0 | - | - | -03:00:00', 'none is left of one task');
select is(pg_temp.next(hint => 't7'), '-1 | - | - | - | 02:00:00', 'better priorities than the hint''s are looked at');
select is(pg_temp.next(2, 't0'), '7 | t7 | - | - | -01:00:00', 'a hint that the claim has gone past');

-- In queues.
select
  pg_temp.add('q0', '-4 hours', 0, 'q'), pg_temp.add('q1', '-6 hours', 0, 'r', 'u'),
  pg_temp.add('q2', '-9 hours', 2, 'q');
select is(
  pg_temp.next(-1, 't7'), '0 | t0 u0 | -06:00:00 | q0 | -05:00:00',
  'nothing due in a queue comes before this: the first run_at, the lowest id; queues know no hint'
);
select is(
  pg_temp.next(0), '2 | - | -09:00:00 | q2 | 03:00:00', 'what is due in a queue does not count as the next that is due'
);
update graphile_worker._private_jobs set run_at = now() + interval '30 minutes' where key in ('q0', 'q1');
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key like 't_' or key = 'u0';
select is(pg_temp.next(-1), '0 | - | - | - | 00:30:00', 'neither what is locked, nor queues with nothing due');

-- Planned as a part of the claim, not as a call: that would be planned anew in each.
create function pg_temp.plan_of_a_claim() returns setof text language plpgsql as $$
begin
  return query
  explain select from graphile_worker._private_next_priority('{1}', 0, null, null, null, now());
end
$$;
select is_empty(
  $$select * from pg_temp.plan_of_a_claim() as p (line) where p.line like '%Function Scan%_private_next_priority%'$$,
  'it becomes a part of the query that calls it'
);

select * from finish();
