create or replace function @extschema@._private_recover_jobs(
  worker_id text,
  job_ids bigint[],
  actions text[],
  run_ats timestamptz[],
  attempts integer[],
  error_messages text[],
  recovery_delay interval,
  max_crashes integer
) returns table (id bigint, is_given_up boolean)
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
set jit = off
as $$
declare
  v_ids bigint[];
  v_deleted_ids bigint[];
  v_cancelled_ids bigint[];
  v_retries jsonb;
begin
  select
    coalesce(array_agg(l.id) filter (where l.ending is null), '{}'),
    array_agg(l.id) filter (where l.ending = 'delete'),
    array_agg(l.id) filter (where l.ending = 'fail')
  into v_ids, v_deleted_ids, v_cancelled_ids
  from (
    select
      j.id,
      case
        when @extschema@._private_ending(flags => j.flags) is null then null
        when @extschema@._private_is_cancelled(flags => j.flags) or not exists (
          select
          from unnest(job_ids, actions) as d (job_id, action)
          where d.job_id = j.id and d.action = 'fail'
        ) then @extschema@._private_ending(flags => j.flags)
      end as ending
    from @extschema@._private_jobs as j
    where j.id = any(job_ids) and j.locked_by = _private_recover_jobs.worker_id
    order by j.id
    for update skip locked
  ) as l;
  if v_deleted_ids is not null then
    return query delete from @extschema@._private_jobs as j where j.id = any(v_deleted_ids) returning j.id, true;
  end if;
  if v_cancelled_ids is not null then
    return query
    select r.id, true from @extschema@._private_release_cancelled(job_ids => v_cancelled_ids) as r (id);
  end if;
  if
    'fail' = any(actions) and exists (select from @extschema@._private_rooms as r where r.room = 'policies')
  then
    v_retries := @extschema@._private_retry_policies(job_ids => v_ids);
  end if;
  return query
  with crashed as (
    insert into @extschema@._private_crashes as c (job_id, crashes, last_crashed_at, last_worker_id)
    select i.id, 1, now(), _private_recover_jobs.worker_id
    from unnest(v_ids) as i (id)
    on conflict (job_id) do update
      set
        crashes = c.crashes + 1,
        last_crashed_at = excluded.last_crashed_at,
        last_worker_id = excluded.last_worker_id
    returning c.job_id, c.crashes
  ),

  decided as (
    select
      c.job_id,
      c.crashes,
      coalesce(d.action, 'default') as action,
      d.run_at,
      d.attempts,
      d.error_message,
      coalesce(coalesce(d.action, 'default') = 'default' and c.crashes >= max_crashes, false) as is_given_up,
      -- Who crashed together is kept apart from the second time on, so that the innocent get through.
      recovery_delay + case
        when c.crashes > 1 then random() * exp(least(c.crashes, 8)) * interval '1 second'
        else interval '0'
      end as delay
    from crashed as c
    left join unnest(job_ids, actions, run_ats, _private_recover_jobs.attempts, error_messages) as d (
      job_id, action, run_at, attempts, error_message
    ) on d.job_id = c.job_id
  ),

  recovered as (
    -- Tried again by an operator, it starts anew.
    update @extschema@._private_jobs as j
    set
      attempts = case
        when d.is_given_up or @extschema@._private_is_superseded(flags => j.flags) then j.max_attempts
        when d.action = 'fail' then j.attempts
        else coalesce(d.attempts, greatest(j.attempts - 1, 0))
      end,
      run_at = case
        when d.is_given_up then j.run_at
        when @extschema@._private_is_superseded(flags => j.flags) then now()
        when d.action = 'fail' then @extschema@._private_retry_at(
          failed_at => now(), run_at => j.run_at, attempts => j.attempts, retry_at => null,
          retry => v_retries -> j.task_id::text
        )
        when d.run_at is not null then d.run_at
        when d.delay = interval '0' then j.run_at
        else greatest(j.run_at, now() + d.delay)
      end,
      last_error = case
        when d.is_given_up then
          format('Job crashed its worker %s times, the last one %s: not tried again', d.crashes, worker_id)
        when d.action = 'fail' then d.error_message
        when d.crashes > 1 then
          format('Job recovered after worker interruption, for the %s. time', d.crashes)
        else 'Job recovered after worker interruption'
      end,
      locked_at = null,
      locked_by = null,
      updated_at = now()
    from decided as d
    where j.id = d.job_id
    returning j.id, d.is_given_up
  )

  select r.id, r.is_given_up from recovered as r;
  delete from @extschema@._private_crashes as c
  using @extschema@._private_jobs as j
  where c.job_id = any(v_ids) and j.id = c.job_id and not j.is_available;
end;
$$;

comment on function @extschema@._private_recover_jobs(
  text, bigint[], text[], timestamptz[], integer[], text[], interval, integer
) is
$$Internal. Takes back those of the jobs that this worker holds and nobody is at work on, and counts the crash. actions,
run_ats, attempts, error_messages: one per id; action null or 'default' does as sweep_stale_workers says, 'reschedule'
sets run_at and attempts where they are not null, 'fail' fails the job like its worker would have.
Returns the jobs taken back, and which of them were given up: failed for good, or deleted, as they lost their key while
they were claimed and were not to be failed; or failed, or removed, as they were cancelled.
Locks: job rows in id order, leaving out those that are locked.$$;
