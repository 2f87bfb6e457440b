create or replace function @extschema@.return_jobs(
  worker_id text,
  job_ids bigint[],
  delay interval default '0',
  now timestamptz default now(),
  run_ats timestamptz[] default null
) returns setof bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  -- Arrays need not begin with 1.
  v_apart constant integer := array_lower(run_ats, 1) - array_lower(job_ids, 1);
  v_ids bigint[];
  v_deleted_ids bigint[];
  v_cancelled_ids bigint[];
  v_queue_ids integer[];
begin
  perform @extschema@._private_check_worker_id(worker_id);
  perform @extschema@._private_check_interval(name => 'delay', value => delay);
  if run_ats is not null then
    perform @extschema@._private_check_run_ats(job_ids => job_ids, run_ats => run_ats);
  end if;
  select
    array_agg(l.id) filter (where l.ending is null),
    array_agg(l.id) filter (where l.ending = 'delete'),
    array_agg(l.id) filter (where l.ending = 'fail'),
    array_agg(l.job_queue_id)
  into v_ids, v_deleted_ids, v_cancelled_ids, v_queue_ids
  from (
    select j.id, j.job_queue_id, @extschema@._private_ending(flags => j.flags) as ending
    from @extschema@._private_jobs as j
    where j.id = any(job_ids) and j.locked_by = return_jobs.worker_id
    order by j.id
    for update
  ) as l;
  return query
  update @extschema@._private_jobs as j
  set
    attempts = greatest(j.attempts - 1, 0),
    run_at = case
      when run_ats is not null and run_ats[array_position(job_ids, j.id) + v_apart] is not null
        then run_ats[array_position(job_ids, j.id) + v_apart]
      when delay = interval '0' then j.run_at
      else greatest(j.run_at, return_jobs.now + delay)
    end,
    locked_by = null,
    locked_at = null,
    updated_at = now()
  where j.id = any(v_ids)
  returning j.id;
  if v_deleted_ids is not null then
    return query delete from @extschema@._private_jobs as j where j.id = any(v_deleted_ids) returning j.id;
  end if;
  if v_cancelled_ids is not null then
    return query select r.id from @extschema@._private_release_cancelled(job_ids => v_cancelled_ids) as r (id);
  end if;
  perform @extschema@._private_unlock_queues(worker_id => worker_id, queue_ids => v_queue_ids);
end;
$$;

comment on function @extschema@.return_jobs(text, bigint[], interval, timestamptz, timestamptz[]) is
$$Hands back jobs that a worker did not finish (it stops, or claimed more than it could start): they and their queues
are free again, the attempt is not counted. A job that lost its key meanwhile (add_job, remove_job) is deleted instead:
what took its place must not be undone. One that was cancelled meanwhile stays failed, or is removed (cancel_jobs).
Returns the ids the worker still held.
delay: not before now + delay; none by default. now: the clock for that, the server's by default. run_ats: when each is
due again, null for what delay says: for a job that puts itself off. Safe to repeat.
Locks: job rows in id order, then queue rows in id order. Errors: GWBWI, GWBDU, GWBAL, GWBTI.$$;
