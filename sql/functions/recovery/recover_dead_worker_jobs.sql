create or replace function @extschema@.recover_dead_worker_jobs(
  worker_ids text[],
  recovery_delay interval default '0'
) returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- By worker there is an index, whatever else lies in the table.
set enable_seqscan = off
set jit = off
as $$
declare
  v_count integer;
  v_ids bigint[];
  v_deleted_ids bigint[];
  v_cancelled_ids bigint[];
  v_queue_ids integer[];
begin
  perform @extschema@._private_check_interval(name => 'recovery_delay', value => recovery_delay);
  -- Only what is locked here is changed below: a worker that lives after all may claim more in between, and those rows
  -- would be met out of order.
  select
    coalesce(array_agg(l.id) filter (where l.ending is null), '{}'),
    array_agg(l.id) filter (where l.ending = 'delete'),
    array_agg(l.id) filter (where l.ending = 'fail')
  into v_ids, v_deleted_ids, v_cancelled_ids
  from (
    select j.id, @extschema@._private_ending(flags => j.flags) as ending
    from @extschema@._private_jobs as j
    where j.locked_by = any(worker_ids) and j.locked_at is not null
    order by j.id
    for update
  ) as l;
  delete from @extschema@._private_jobs as j where j.id = any(v_deleted_ids);
  perform @extschema@._private_release_cancelled(job_ids => v_cancelled_ids);
  insert into @extschema@._private_crashes as c (job_id, crashes, last_crashed_at, last_worker_id)
  select j.id, 1, now(), j.locked_by from @extschema@._private_jobs as j where j.id = any(v_ids) order by j.id
  on conflict (job_id) do update
    set crashes = c.crashes + 1, last_crashed_at = excluded.last_crashed_at, last_worker_id = excluded.last_worker_id;
  update @extschema@._private_jobs as j
  set
    attempts = greatest(j.attempts - 1, 0),
    run_at = greatest(j.run_at, now() + recovery_delay),
    last_error = 'Job recovered after worker interruption',
    locked_at = null,
    locked_by = null,
    updated_at = now()
  where j.id = any(v_ids);
  get diagnostics v_count = row_count;

  v_queue_ids := array(
    select q.id
    from @extschema@._private_job_queues as q
    where
      q.locked_by = any(worker_ids)
      -- A worker that lives after all may have claimed its next job meanwhile, and holds the queue for that.
      and not exists (
        select from @extschema@._private_jobs as j
        where
          j.task_id = any(array(select t.id from @extschema@._private_tasks as t)) and j.job_queue_id = q.id
          and j.locked_by = q.locked_by and j.locked_at is not null
      )
    order by q.id
    for no key update
  );
  update @extschema@._private_job_queues as q set locked_at = null, locked_by = null where q.id = any(v_queue_ids);
  perform @extschema@._private_forget_crashes();
  perform @extschema@._private_settle_limits();
  return v_count;
end;
$$;

comment on function @extschema@.recover_dead_worker_jobs(text[], interval) is
$$Takes back everything that dead workers hold: their jobs are free again from now + recovery_delay on, the attempt
is not counted, and their queues are released. Returns the number of jobs that are free again; those that lost their key
meanwhile are deleted, and those that were cancelled stay failed (see return_jobs). What these workers still hand in
later is ignored. That each job lost its worker is counted, and none is given up for it, as other runtimes expect: that
is for sweep_stale_workers, recover_workers and recover_jobs, whichever is the next to meet it.
Locks: job rows in id order, then queue rows in id order. Errors: GWBDU.$$;
