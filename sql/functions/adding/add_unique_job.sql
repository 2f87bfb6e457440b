create or replace function @extschema@.add_unique_job(
  identifier text,
  payload json default null,
  unique_key text default null,
  within interval default null,
  until text default 'ended',
  queue_name text default null,
  run_at timestamptz default null,
  max_attempts integer default null,
  priority integer default null,
  flags text[] default null
) returns table (job_id bigint, is_new boolean, job @extschema@._private_jobs)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_unique @extschema@._private_uniques;
  v_id bigint;
  v_job @extschema@._private_jobs;
begin
  perform @extschema@._private_check_job(
    identifier => identifier, queue_name => queue_name, max_attempts => max_attempts, job_key => null,
    priority => priority, flags => flags
  );
  unique_key := coalesce(unique_key, @extschema@.unique_key(payload => payload));
  perform @extschema@._private_check_unique(unique_key => unique_key, within => within, until => until);

  -- First without holding the key: as long as the answer is the job that is there, nobody has to wait for anybody.
  v_id := @extschema@._private_find_duplicate(
    identifier => identifier, unique_key => unique_key, within => within, until => until
  );
  if v_id is null then
    -- Everybody makes tasks and queues before keys.
    perform @extschema@._private_task_id(identifier);
    perform @extschema@._private_queue_id(queue_name);
    v_unique := @extschema@._private_hold_unique(identifier => identifier, unique_key => unique_key);
    if v_unique.job_id is not null then
      v_id := @extschema@._private_find_duplicate(
        identifier => identifier, unique_key => unique_key, within => within, until => until
      );
    end if;
  end if;
  if v_id is not null then
    select j.* into v_job from @extschema@._private_jobs as j where j.id = v_id;
    if not found then
      -- Done: its row is gone, and would not say much else than this call does.
      select v_id, t.id, u.added_at, u.added_at, u.added_at
      into v_job.id, v_job.task_id, v_job.run_at, v_job.created_at, v_job.updated_at
      from @extschema@._private_uniques as u
      left join @extschema@._private_tasks as t on u.task_identifier = t.identifier
      where u.task_identifier = add_unique_job.identifier and u.unique_key = add_unique_job.unique_key;
      v_job.payload := coalesce(payload, '{}');
      v_job.priority := coalesce(priority, 0);
      v_job.attempts := 0;
      v_job.max_attempts := coalesce(max_attempts, 25);
      v_job.revision := 0;
      v_job.is_available := false;
    end if;
    return query select v_id, false, v_job;
    return;
  end if;

  v_job := @extschema@.add_job(
    identifier => identifier, payload => payload, queue_name => queue_name, run_at => run_at,
    max_attempts => max_attempts, priority => priority, flags => flags
  );
  update @extschema@._private_uniques as u
  set
    job_id = v_job.id,
    added_at = now(),
    expires_at = now() + coalesce(within, '0'),
    look_at = now() + greatest(within, '1 minute')
  where u.task_identifier = identifier and u.unique_key = add_unique_job.unique_key;
  return query select v_job.id, true, v_job;
end;
$$;

comment on function @extschema@.add_unique_job(
  text, json, text, interval, text, text, timestamptz, integer, integer, text[]
) is
$$Adds a job unless there is one of the same task with the same unique key: then it returns that one, which stays as it
is, and is_new is false. One row, always. job: its row; of one that is done id and created_at are known, the rest is
what this call gave.

unique_key: 1 to 512 characters; when null that of the payload, see the function unique_key. until: how long a job keeps
others from being added:
  started: as long as it waits, also to be tried again. Once it runs, another can be added, which waits.
  ended (the default): until it is completed, has failed for good or is cancelled.
  completed: until it is completed; one that has failed for good does it, too, as long as its row is there.
within: for so long after it was added it does so in any case, also when it is completed, but not when it has failed for
good or was removed; the add that made it has to have asked for that, too. The job that was added last with the key
decides. The others are those of add_job.

A job that waits does not start before the transaction ends. Of two transactions that add the same key at once the
second waits for the first, and is given its job, or adds one when the first has rolled back.
Notifies: jobs:insert when it adds. Locks: the job that waits, for key share; else task and queue row, for key share,
then the row of the key. Errors: GWBID, GWBQN, GWBMA, GWBPR, GWBFL, GWBUQ, GWNOR, GWBNS.$$;
