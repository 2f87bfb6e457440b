create or replace function @extschema@._private_resolve_specs(specs @extschema@.job_spec[]) returns table (
  ordinal bigint,
  task_id integer,
  payload json,
  queue_id integer,
  run_at timestamptz,
  max_attempts integer,
  job_key text,
  priority integer,
  flags jsonb
)
language sql stable rows 1000
as $$
  select
    s.ordinal,
    t.id,
    coalesce(s.payload, '{}'),
    q.id,
    coalesce(s.run_at, now()),
    coalesce(s.max_attempts, 25)::integer,
    s.job_key,
    coalesce(s.priority, 0)::integer,
    case when s.flags is not null then @extschema@._private_flags(s.flags) end
  from unnest(specs) with ordinality as s (
    identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags, ordinal
  )
  inner join @extschema@._private_tasks as t on s.identifier = t.identifier
  left join @extschema@._private_job_queues as q on s.queue_name = q.queue_name
$$;

comment on function @extschema@._private_resolve_specs(@extschema@.job_spec[]) is
$$Internal. The specs of add_jobs with their defaults filled in and the ids of tasks and queues, which must exist.$$;
