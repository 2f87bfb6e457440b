create or replace function @extschema@._private_unique_states(job_ids bigint[])
returns table (job_id bigint, state text)
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_waiting_ids bigint[];
  v_expired_ids bigint[];
  v_job record;
begin
  -- Nobody claims it before the caller's transaction ends, so it will see what that has written. One that runs is not
  -- locked: its worker is not to wait for anybody.
  v_waiting_ids := array(
    select j.id
    from @extschema@._private_jobs as j
    where j.id = any(job_ids) and j.is_available
    order by j.id
    for key share
  );
  if exists (select from @extschema@._private_rooms as r where r.room = 'expiry') then
    -- Nobody starts them any more; a sweep has not come by yet.
    v_expired_ids := array(
      select j.id
      from @extschema@._private_jobs as j
      inner join @extschema@._private_tasks as t on j.task_id = t.id
      inner join @extschema@._private_effective_policies(
        array(
          select i.identifier
          from @extschema@._private_tasks as i
          where i.id = any(array(select w.task_id from @extschema@._private_jobs as w where w.id = any(v_waiting_ids)))
        )
      ) as p on p.task_identifier = t.identifier
      where j.id = any(v_waiting_ids) and j.run_at < now() - p.expires_after
    );
  end if;
  return query
  select w.id, case when w.id = any(v_expired_ids) then 'failed' else 'waiting' end
  from unnest(v_waiting_ids) as w (id);
  if cardinality(v_waiting_ids) = cardinality(job_ids) then
    return;
  end if;
  for v_job in
    select
      j.id,
      j.is_available,
      j.locked_at is not null and not @extschema@._private_is_cancelled(flags => j.flags) as is_running
    from @extschema@._private_jobs as j
    where j.id = any(job_ids) and j.id <> all(v_waiting_ids)
  loop
    job_id := v_job.id;
    state := case when v_job.is_running then 'running' else 'failed' end;
    if v_job.is_available then
      -- Given back since the first look. To wait for it here could be out of order: who has it may be claiming it.
      perform from @extschema@._private_jobs as j
      where j.id = v_job.id and j.is_available
      for key share skip locked;
      state := case when found then 'waiting' else 'running' end;
    end if;
    return next;
  end loop;
end;
$$;

comment on function @extschema@._private_unique_states(bigint[]) is
$$Internal. What add_unique_job has to know of jobs: waiting (for its time, or to be tried again), running, or failed
(for good; also one that has expired, or runs and was cancelled); no row for one that is gone. What waits is not claimed
before the transaction ends. Locks: the jobs that wait, for key share, in id order.$$;
