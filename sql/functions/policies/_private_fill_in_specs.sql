create or replace function @extschema@._private_fill_in_specs(specs @extschema@.job_spec[])
returns @extschema@.job_spec[]
language sql stable
as $$
  select
    array_agg(
      row(
        s.identifier, s.payload, s.queue_name, s.run_at, coalesce(s.max_attempts, p.max_attempts::smallint), s.job_key,
        coalesce(s.priority, p.priority::smallint), s.flags
      )::@extschema@.job_spec
      order by s.ordinal
    )
  from unnest(specs) with ordinality as s (
    identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags, ordinal
  )
  left join @extschema@._private_effective_policies(
    array(select distinct i.identifier from unnest(specs) as i)
  ) as p on p.task_identifier = s.identifier
$$;

comment on function @extschema@._private_fill_in_specs(@extschema@.job_spec[]) is
$$Internal. The specs of add_jobs with the max_attempts and priority of their tasks' policies where they have none.$$;
