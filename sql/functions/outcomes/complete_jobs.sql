create or replace function @extschema@.complete_jobs(worker_id text, job_ids bigint[]) returns setof bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- As _private_complete wants it.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_limited_task_ids integer[];
  v_limited_queue_ids integer[];
begin
  perform @extschema@._private_check_worker_id(worker_id);
  if
    pg_sequence_last_value('@extschema@._private_rooms_used'::regclass) is not null
    and exists (select from @extschema@._private_rooms as r where r.room in ('task limits', 'queue limits'))
  then
    select l.task_ids, l.queue_ids into v_limited_task_ids, v_limited_queue_ids
    from @extschema@._private_limited_among(job_ids => complete_jobs.job_ids) as l;
  end if;
  return query
  select d.id
  from unnest(@extschema@._private_complete(worker_id => worker_id, job_ids => complete_jobs.job_ids)) as d (id);
  if v_limited_task_ids is not null or v_limited_queue_ids is not null then
    perform @extschema@._private_wake_limited(task_ids => v_limited_task_ids, queue_ids => v_limited_queue_ids);
  end if;
end;
$$;

comment on function @extschema@.complete_jobs(text, bigint[]) is
$$Deletes those jobs of a worker that are done and still its own, frees their queues, and returns their ids. An id that
does not come back was taken from the worker (unlocked, recovered, claimed by another) and is left alone. Safe to
repeat. Notifies where that makes room for what a limit holds back: jobs:insert. Locks: job rows in id order, then queue
rows in id order. Errors: GWBWI.$$;

-- dry_run first: with job_ids first, a call of the worker's with two plain literals would fit this one, too.
create or replace function @extschema@.complete_jobs(dry_run boolean, job_ids bigint[])
returns setof @extschema@._private_jobs
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
begin
  if coalesce(dry_run, true) then
    return query select j.* from @extschema@._private_idle_jobs(job_ids => complete_jobs.job_ids) as j;
    return;
  end if;
  return query
  with locked as (
    select j.id
    from @extschema@._private_jobs as j
    where j.id = any(job_ids) and (j.locked_at is null or j.locked_at < now() - @extschema@._private_lock_expiry())
    order by j.id
    for update
  )

  delete from @extschema@._private_jobs as j using locked as l where j.id = l.id
  returning j.*;
end;
$$;

comment on function @extschema@.complete_jobs(boolean, bigint[]) is
$$Declares jobs done, as without dry_run, or tells which would be. A dry run, also by null, returns these jobs, and
changes and locks nothing. Locks, unless it is a dry run: job rows in id order.$$;

create or replace function @extschema@.complete_jobs(job_ids bigint[]) returns setof @extschema@._private_jobs
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query select j.* from @extschema@.complete_jobs(dry_run => false, job_ids => complete_jobs.job_ids) as j;
end;
$$;

comment on function @extschema@.complete_jobs(bigint[]) is
$$Declares jobs done, as an operator does: deletes and returns those that are not running (unlocked, or locked for more
than 4 hours). With a second argument, dry_run, it tells which these are. Locks: job rows in id order.$$;
