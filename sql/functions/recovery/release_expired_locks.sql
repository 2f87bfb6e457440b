create or replace function @extschema@.release_expired_locks(
  max_age interval default null,
  dry_run boolean default false,
  sweep_threshold interval default '5 minutes'
) returns table (
  job_id bigint,
  queue_name text,
  worker_id text
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  v_max_age constant interval := coalesce(max_age, @extschema@._private_lock_expiry());
  v_is_dry constant boolean := coalesce(dry_run, true);
  v_job_ids bigint[];
  v_job_queue_ids integer[];
  v_job_workers text[];
  v_deleted_ids bigint[];
  v_cancelled_ids bigint[];
  v_queue_ids integer[];
  v_queue_id integer;
begin
  perform @extschema@._private_check_interval(name => 'max_age', value => v_max_age);
  perform @extschema@._private_check_interval(name => 'sweep_threshold', value => sweep_threshold);
  if v_is_dry then
    select array_agg(j.id order by j.id), array_agg(j.job_queue_id order by j.id), array_agg(j.locked_by order by j.id)
    into v_job_ids, v_job_queue_ids, v_job_workers
    from @extschema@._private_jobs as j
    where
      j.locked_at < now() - v_max_age
      and not @extschema@._private_is_living(worker_id => j.locked_by, sweep_threshold => sweep_threshold);
  else
    select
      array_agg(e.id), array_agg(e.job_queue_id), array_agg(e.locked_by),
      array_agg(e.id) filter (where e.ending = 'delete'), array_agg(e.id) filter (where e.ending = 'fail')
    into v_job_ids, v_job_queue_ids, v_job_workers, v_deleted_ids, v_cancelled_ids
    from (
      select j.id, j.job_queue_id, j.locked_by, @extschema@._private_ending(flags => j.flags) as ending
      from @extschema@._private_jobs as j
      where
        j.locked_at < now() - v_max_age
        and not @extschema@._private_is_living(worker_id => j.locked_by, sweep_threshold => sweep_threshold)
      order by j.id
      for update skip locked
    ) as e;
    select array_agg(f.id), array_agg(f.queue_id), array_agg(f.worker_id)
    into v_job_ids, v_job_queue_ids, v_job_workers
    from @extschema@._private_free_expired(
      job_ids => v_job_ids, deleted_ids => v_deleted_ids, cancelled_ids => v_cancelled_ids
    ) as r (id)
    inner join unnest(v_job_ids, v_job_queue_ids, v_job_workers) as f (id, queue_id, worker_id) on f.id = r.id;
    perform @extschema@._private_settle_parked();
    perform @extschema@._private_forget_refused_claims(claimed_ids => '{}');
  end if;
  return query
  select e.id, q.queue_name, e.locked_by
  from unnest(v_job_ids, v_job_queue_ids, v_job_workers) as e (id, queue_id, locked_by)
  left join @extschema@._private_job_queues as q on q.id = e.queue_id;

  v_queue_ids := array(
    select q.id
    from @extschema@._private_job_queues as q
    where
      q.locked_at < now() - v_max_age
      and not @extschema@._private_is_living(worker_id => q.locked_by, sweep_threshold => sweep_threshold)
      -- That somebody is just working on a job does not free the queue that it is in.
      and not exists (
        select
        from @extschema@._private_jobs as j
        where
          j.task_id = any(array(select t.id from @extschema@._private_tasks as t)) and j.job_queue_id = q.id
          and j.locked_by = q.locked_by and j.locked_at is not null
          and not (v_is_dry and j.id = any(coalesce(v_job_ids, '{}')))
      )
    order by q.id
  );
  if not v_is_dry then
    v_queue_ids := array(
      select q.id
      from @extschema@._private_job_queues as q
      where
        q.id = any(v_queue_ids)
        and q.locked_at < now() - v_max_age
        and not @extschema@._private_is_living(worker_id => q.locked_by, sweep_threshold => sweep_threshold)
        and not exists (
          select
          from @extschema@._private_jobs as j
          where
            j.task_id = any(array(select t.id from @extschema@._private_tasks as t)) and j.job_queue_id = q.id
            and j.locked_by = q.locked_by and j.locked_at is not null
        )
      order by q.id
      for no key update skip locked
    );
  end if;
  foreach v_queue_id in array v_queue_ids loop
    select q.queue_name, q.locked_by into queue_name, worker_id
    from @extschema@._private_job_queues as q
    where q.id = v_queue_id;
    begin
      if not v_is_dry then
        update @extschema@._private_job_queues as q set locked_by = null, locked_at = null where q.id = v_queue_id;
      end if;
      if v_queue_id <> all(array_remove(coalesce(v_job_queue_ids, '{}'), null)) then
        return next;
      end if;
    exception
      when others or assert_failure then
        raise warning 'queue % whose lock has expired can not be freed: %', queue_name, sqlerrm;
    end;
  end loop;
  if not v_is_dry then
    perform @extschema@._private_settle_limits();
  end if;
end;
$$;

comment on function @extschema@.release_expired_locks(interval, boolean, interval) is
$$Frees jobs and queues that have been locked for longer than max_age: the last resort for workers that died. Not those
of workers that are registered and were heard of within sweep_threshold, however long they take.
max_age: null means 4 hours, as in other runtimes. The attempt stays counted; a job that lost its key meanwhile is
deleted, one that was cancelled stays failed, or is removed; and so is one that another runtime gave back after that.
dry_run: change nothing, say what would be freed; null is a dry run, too.
Returns a row per job freed with the worker that held it; a queue that was locked for no such job comes as a row of its
own without a job_id. A queue stays locked as long as its holder has a job of it, or lives.
Locks: job rows, then queue rows, leaving out those that somebody is just working on. Errors: GWBDU.$$;
