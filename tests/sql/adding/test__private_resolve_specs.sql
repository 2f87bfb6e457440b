-- Specs of add_jobs with their defaults filled in.
select plan(6);

create temp table ids as
select graphile_worker._private_task_id('t') as t, graphile_worker._private_task_id('u') as u,
  graphile_worker._private_queue_id('q') as q;
create function pg_temp.resolve(variadic specs graphile_worker.job_spec[]) returns setof text language sql as $$
  select format(
    '%s: task %s, payload %s, queue %s, in %s, max_attempts %s, key %s, priority %s, flags %s',
    r.ordinal,
    case r.task_id when i.t then 't' when i.u then 'u' end,
    r.payload,
    case r.queue_id when i.q then 'q' end,
    r.run_at - now(),
    r.max_attempts, r.job_key, r.priority, r.flags
  )
  from graphile_worker._private_resolve_specs(specs) as r, ids as i
  order by r.ordinal
$$;

select results_eq(
  $$select * from pg_temp.resolve(row('t', null, null, null, null, null, null, null)::graphile_worker.job_spec)$$,
  $$values ('1: task t, payload {}, queue , in 00:00:00, max_attempts 25, key , priority 0, flags ')$$,
  'null means the default'
);
select results_eq(
  $$select * from pg_temp.resolve(
    row('u', '[1]', 'q', now() + interval '1 hour', 3, 'k', -4, '{red,blue}')::graphile_worker.job_spec
  )$$,
  $$values (
    '1: task u, payload [1], queue q, in 01:00:00, max_attempts 3, key k, priority -4, '
    'flags {"red": true, "blue": true}'
  )$$,
  'a value is kept'
);
select results_eq(
  $$select * from pg_temp.resolve(row('t', 'null', null, null, null, null, null, '{}')::graphile_worker.job_spec)$$,
  $$values ('1: task t, payload null, queue , in 00:00:00, max_attempts 25, key , priority 0, flags ')$$,
  'a JSON null is a payload; no flags at all are null'
);
select results_eq(
  $$
    select left(r, 9)
    from pg_temp.resolve(
      row('u', null, null, null, null, null, null, null)::graphile_worker.job_spec,
      row('t', null, null, null, null, null, null, null)::graphile_worker.job_spec,
      row('u', null, null, null, null, null, null, null)::graphile_worker.job_spec
    ) as r
  $$,
  $$values ('1: task u'), ('2: task t'), ('3: task u')$$,
  'ordinal counts the specs as they were given'
);
select is_empty(
  $$select * from pg_temp.resolve(row('v', null, null, null, null, null, null, null)::graphile_worker.job_spec)$$,
  'a task that does not exist has no row'
);
select is_empty($$select * from graphile_worker._private_resolve_specs('{}')$$, 'no spec, no row');

select * from finish();
