-- Revision 13: the specs of add_jobs have the types of the columns they become.
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure
    from pg_proc as p
    where p.pronamespace = '@extschema@'::regnamespace and p.proname in ('add_job', 'add_jobs')
  loop
    execute format('drop function %s', v_function);
  end loop;
end;
$$;

drop type if exists @extschema@.job_spec;

create type @extschema@.job_spec as (
  identifier text,
  payload json,
  queue_name text,
  run_at timestamptz,
  max_attempts smallint,
  job_key text,
  priority smallint,
  flags text[]
);
