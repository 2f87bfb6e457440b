create or replace function @extschema@.release_expired_locks(max_age interval default null) returns table (
  job_id bigint,
  queue_name text,
  worker_id text
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
  v_max_age constant interval := coalesce(max_age, @extschema@._private_lock_expiry());
  v_job_ids bigint[];
  v_job_workers text[];
  v_queue_ids integer[];
begin
  perform @extschema@._private_check_interval(name => 'max_age', value => v_max_age);

  select array_agg(e.id), array_agg(e.locked_by) into v_job_ids, v_job_workers
  from (
    select j.id, j.locked_by
    from @extschema@._private_jobs as j
    where j.locked_at < now() - v_max_age
    order by j.id
    for update skip locked
  ) as e;
  update @extschema@._private_jobs as j
  set locked_by = null, locked_at = null, updated_at = now()
  where j.id = any(v_job_ids);
  return query
  select e.id, q.queue_name, e.locked_by
  from unnest(v_job_ids, v_job_workers) as e (id, locked_by)
  inner join @extschema@._private_jobs as j on j.id = e.id
  left join @extschema@._private_job_queues as q on q.id = j.job_queue_id;

  v_queue_ids := array(
    select q.id
    from @extschema@._private_job_queues as q
    where
      q.locked_at < now() - v_max_age
      -- That somebody is just working on a job does not free the queue that it is in.
      and not exists (
        select
        from @extschema@._private_jobs as j
        where j.job_queue_id = q.id and j.locked_by = q.locked_by and j.locked_at is not null
      )
    order by q.id
    for no key update skip locked
  );
  return query
  select null::bigint, q.queue_name, q.locked_by
  from @extschema@._private_job_queues as q
  where
    q.id = any(v_queue_ids)
    and not exists (
      select from @extschema@._private_jobs as j where j.id = any(v_job_ids) and j.job_queue_id = q.id
    );
  update @extschema@._private_job_queues as q
  set locked_by = null, locked_at = null
  where q.id = any(v_queue_ids);
end;
$$;

comment on function @extschema@.release_expired_locks(interval) is
$$Frees jobs and queues that have been locked for longer than max_age, whoever holds them: the last resort for workers
that died. max_age: null means 4 hours, as in other runtimes. The attempt stays counted.
Returns a row per job freed with the worker that held it; a queue that was locked for no such job comes as a row of its
own without a job_id. A queue stays locked as long as its holder has a job of it.
Locks: job rows, then queue rows, leaving out those that somebody is just working on. Errors: GWBDU.$$;
