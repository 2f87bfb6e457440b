create or replace function @extschema@.cancel_jobs(
  job_ids bigint[],
  reason text default null,
  remove boolean default false,
  dry_run boolean default false
) returns table (id bigint, outcome text, worker_id text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
set jit = off
as $$
declare
  v_ids bigint[];
begin
  if coalesce(dry_run, true) then
    return query
    select
      i.id,
      case
        when j.id is null then 'gone'
        when j.locked_at is not null then 'asked'
        when cancel_jobs.remove then 'removed'
        else 'failed'
      end,
      case when j.locked_at is not null then j.locked_by end
    from (select distinct u.id from unnest(job_ids) as u (id) where u.id is not null) as i
    left join @extschema@._private_jobs as j on j.id = i.id
    order by i.id;
    return;
  end if;
  v_ids := array(
    select j.id from @extschema@._private_jobs as j where j.id = any(job_ids) order by j.id for update
  );
  return query
  select i.id, coalesce(c.outcome, 'gone'), c.worker_id
  from (select distinct u.id from unnest(job_ids) as u (id) where u.id is not null) as i
  left join @extschema@._private_cancel_locked(
    job_ids => v_ids, reason => cancel_jobs.reason, remove => coalesce(cancel_jobs.remove, false)
  ) as c on c.id = i.id
  order by i.id;
end;
$$;

comment on function @extschema@.cancel_jobs(bigint[], text, boolean, boolean) is
$$Cancels jobs, those that run included, and returns what became of each.
That is failed (it waited, and has failed for good with last_error 'Cancelled: reason', or had failed before, and keeps
its error), removed (the same with remove), asked (worker_id holds it), gone (there is no such job; it may be done).
One that was asked loses its key and is never tried again. Its worker hears of it, and stops it; handed in as completed
it is done, however else its claim ends, it has failed as cancelled, or is removed. A worker of another runtime hears
nothing, and runs it to its end. With remove, one whose unique key is in use by an add that is not committed yet fails
instead. reason: any text. dry_run: say what would become of each, and change, lock and notify nothing; null is a dry
run, too.
Notifies: jobs:cancel with {"worker": ..., "ids": [...]}, not with graphile_worker.notify at off.
Locks: job rows in id order.$$;
