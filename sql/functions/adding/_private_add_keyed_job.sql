create or replace function @extschema@._private_add_keyed_job(
  task_id integer,
  payload json,
  queue_id integer,
  run_at timestamptz,
  max_attempts integer,
  job_key text,
  priority integer,
  flags jsonb,
  job_key_mode text
) returns @extschema@._private_jobs
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_job @extschema@._private_jobs;
begin
  -- Another session can take the row away between the two statements, but not time after time.
  for v_try in 1..100 loop
    select j.* into v_job from @extschema@._private_jobs as j where j.key = job_key for update;
    if found then
      if job_key_mode = 'unsafe_dedupe' then
        update @extschema@._private_jobs as j
        set revision = j.revision + 1, updated_at = now()
        where j.id = v_job.id
        returning j.* into v_job;
        return v_job;
      elsif v_job.is_available then
        update @extschema@._private_jobs as j
        set
          task_id = _private_add_keyed_job.task_id,
          payload = @extschema@._private_accumulate(old => j.payload, new => _private_add_keyed_job.payload),
          job_queue_id = _private_add_keyed_job.queue_id,
          run_at = case
            when job_key_mode = 'preserve_run_at' and j.attempts = 0 then j.run_at
            else _private_add_keyed_job.run_at
          end,
          max_attempts = _private_add_keyed_job.max_attempts,
          priority = _private_add_keyed_job.priority,
          flags = case
            when j.flags is null then _private_add_keyed_job.flags
            else nullif(
              coalesce(_private_add_keyed_job.flags, '{}')
              || coalesce(@extschema@._private_marks(flags => j.flags), '{}'),
              '{}'
            )
          end,
          attempts = 0,
          last_error = null,
          revision = j.revision + 1,
          updated_at = now()
        where j.id = v_job.id
        returning j.* into v_job;
        return v_job;
      end if;
      -- It runs, or it has failed for good: it keeps its row without the key, and is not tried again.
      if v_job.locked_at is not null then
        perform @extschema@._private_supersede_job(job_id => v_job.id);
      else
        update @extschema@._private_jobs as j
        set key = null, attempts = j.max_attempts, updated_at = now()
        where j.id = v_job.id;
      end if;
    end if;
    -- Of two sessions that add a key at once, the second waits here for the first and then meets its row above.
    insert into @extschema@._private_jobs as j
    (task_id, payload, job_queue_id, run_at, max_attempts, key, priority, flags)
    values (
      _private_add_keyed_job.task_id,
      _private_add_keyed_job.payload,
      _private_add_keyed_job.queue_id,
      _private_add_keyed_job.run_at,
      _private_add_keyed_job.max_attempts,
      job_key,
      _private_add_keyed_job.priority,
      _private_add_keyed_job.flags
    )
    on conflict (key) where key is not null do nothing
    returning j.* into v_job;
    if found then
      return v_job;
    end if;
  end loop;
  return null;
end;
$$;

comment on function @extschema@._private_add_keyed_job(
  integer, json, integer, timestamptz, integer, text, integer, jsonb, text
) is
$$Internal. Adds a job with a key, or changes the one that has it, as `job_key_mode` says (see add_job).
A job that is claimed is superseded (_private_supersede_job). Null when no row can be added: a trigger swallows it.
Locks: the job row that has the key; waits for a transaction that adds or changes the same key.$$;
