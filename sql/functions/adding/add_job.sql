create or replace function @extschema@.add_job(
  identifier text,
  payload json default null,
  queue_name text default null,
  run_at timestamptz default null,
  max_attempts integer default null,
  job_key text default null,
  priority integer default null,
  flags text[] default null,
  job_key_mode text default 'replace'
) returns @extschema@._private_jobs
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table of tasks was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_task_id integer;
  v_queue_id integer;
  v_job @extschema@._private_jobs;
begin
  -- The function with the messages only runs when there may be something to say.
  if
    num_nonnulls(queue_name, max_attempts, job_key, priority, flags) > 0
    or identifier is null
    or length(identifier) not between 1 and 128
  then
    perform @extschema@._private_check_job(
      identifier => identifier, queue_name => queue_name, max_attempts => max_attempts, job_key => job_key,
      priority => priority, flags => flags
    );
  end if;
  if job_key_mode not in ('replace', 'preserve_run_at', 'unsafe_dedupe') then
    raise exception using
      errcode = 'GWBKM',
      message = format('bad job_key_mode %L', job_key_mode),
      hint = 'job_key_mode is replace, preserve_run_at or unsafe_dedupe.';
  end if;

  -- Everybody makes tasks before queues.
  if queue_name is not null or job_key is not null then
    v_task_id := @extschema@._private_task_id(identifier);
    v_queue_id := @extschema@._private_queue_id(queue_name);
  end if;

  -- Where no room has ever been used a look at the table of rooms would cost a twentieth of the call.
  if pg_sequence_last_value('@extschema@._private_rooms_used'::regclass) is not null then
    -- Called for nothing they would cost a third of all this.
    if
      num_nulls(max_attempts, priority) > 0
      and exists (select from @extschema@._private_rooms as r where r.room = 'policies')
    then
      max_attempts := coalesce(
        max_attempts, @extschema@._private_task_default(task_identifier => identifier, name => 'max_attempts')
      );
      priority := coalesce(
        priority, @extschema@._private_task_default(task_identifier => identifier, name => 'priority')
      );
    end if;
  end if;

  if job_key is null then
    for v_try in 1..2 loop
      -- Finds the task and locks it, too, for which _private_task_id says why.
      insert into @extschema@._private_jobs as j
      (task_id, payload, job_queue_id, run_at, max_attempts, priority, flags)
      select
        t.id,
        coalesce(add_job.payload, '{}'),
        v_queue_id,
        coalesce(add_job.run_at, now()),
        coalesce(add_job.max_attempts, 25),
        coalesce(add_job.priority, 0),
        -- Called only when there are some: to set up its call costs more than all the rest of this statement.
        case when add_job.flags is not null then @extschema@._private_flags(add_job.flags) end
      from @extschema@._private_tasks as t
      where t.identifier = add_job.identifier
      for key share of t
      returning j.* into v_job;
      exit when found;
      -- The first job of this task.
      v_task_id := @extschema@._private_task_id(identifier);
    end loop;
  else
    v_job := @extschema@._private_add_keyed_job(
      task_id => v_task_id,
      payload => coalesce(payload, '{}'),
      queue_id => v_queue_id,
      run_at => coalesce(run_at, now()),
      max_attempts => coalesce(max_attempts, 25),
      job_key => job_key,
      priority => coalesce(priority, 0),
      flags => case when flags is not null then @extschema@._private_flags(flags) end,
      -- The cron of other runtimes says null for an entry that has no key.
      job_key_mode => coalesce(job_key_mode, 'replace')
    );
  end if;
  -- A trigger that someone put on the table can swallow the row.
  if v_job.id is null then
    raise exception using
      errcode = 'GWNOR',
      message = format('adding a job of task %L gave no row', identifier),
      hint = 'Look for triggers or rules on the jobs table.';
  end if;

  perform @extschema@._private_notify(job_count => 1);
  return v_job;
end;
$$;

comment on function @extschema@.add_job(
  text, json, text, timestamptz, integer, text, integer, text[], text
) is
$$Adds a job to be run once the transaction commits, and returns its row. Task and queue are made when they are missing.

identifier: the task, 1 to 128 characters. payload: any JSON, {} when null. queue_name: jobs of one queue run one at a
time; null runs at once with any. run_at: not before this instant, now when null. max_attempts: when null what the
policy of the task says (set_task_policy), else 25. priority: lower runs sooner, when null what the policy says, else 0.
flags: workers can refuse jobs by flag.
job_key: at most one job that can still be started has this key. When there is one, job_key_mode decides:
  replace (also null): every value is replaced, attempts start anew; two array payloads are concatenated.
  preserve_run_at: the same, but run_at stays unless the job has been attempted.
  unsafe_dedupe: the existing job stays as it is, even when it runs or has failed for good.
A job that runs (or has failed for good) loses its key, and a new one is added. What runs is never claimed again:
given back by its worker, or taken from it, it is deleted; failed it stays failed, and no retry takes it.

Notifies: jobs:insert, and jobs:superseded where a job that runs lost its key, unless the setting
graphile_worker.notify says otherwise. Locks: task and queue row, for key share; with a key, the job that has it.
Errors: GWBID, GWBQN, GWBMA, GWBKY, GWBPR, GWBFL, GWBKM, GWNOR, GWBNS.$$;
