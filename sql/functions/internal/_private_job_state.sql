create or replace function @extschema@._private_job_state(
  is_available boolean,
  locked_at timestamptz,
  run_at timestamptz
) returns text
language sql stable
as $$
  select case
    when locked_at is not null then 'locked'
    when not is_available then 'failed'
    when run_at > now() then 'scheduled'
    else 'ready'
  end
$$;

comment on function @extschema@._private_job_state(boolean, timestamptz, timestamptz) is
$$Internal. The state of a job: locked (running or claimed), failed (out of attempts), scheduled (due later) or ready
(due; behind a busy queue, perhaps).$$;
