create or replace function @extschema@.resume_worker(worker_id text, held_job_ids bigint[] default '{}') returns table (
  id bigint,
  outcome text
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- By worker there is an index, whatever else lies in the table.
set enable_seqscan = off
set jit = off
as $$
declare
  v_held_ids bigint[] := array_remove(coalesce(held_job_ids, '{}'), null);
  v_queue_ids integer[];
begin
  perform @extschema@._private_check_worker_id(worker_id);
  return query
  select h.id, 'lost'
  from unnest(v_held_ids) as h (id)
  where not exists (
    select from @extschema@._private_jobs as j
    where j.id = h.id and j.locked_by = resume_worker.worker_id
  );
  return query
  select r.id, 'returned'
  from @extschema@.return_jobs(
    worker_id => worker_id,
    job_ids => array(
      select j.id
      from @extschema@._private_jobs as j
      where j.locked_by = resume_worker.worker_id and j.locked_at is not null and j.id <> all(v_held_ids)
    )
  ) as r (id);

  -- A queue held for a job that is gone.
  v_queue_ids := array(
    select q.id
    from @extschema@._private_job_queues as q
    where
      q.locked_by = resume_worker.worker_id
      and not exists (
        select from @extschema@._private_jobs as j
        where j.id = any(v_held_ids) and j.job_queue_id = q.id and j.locked_by = resume_worker.worker_id
      )
  );
  perform @extschema@._private_unlock_queues(worker_id => worker_id, queue_ids => v_queue_ids);
end;
$$;

comment on function @extschema@.resume_worker(text, bigint[]) is
$$Compares what a worker that lost its connection in the middle of a call believes to hold with what is locked in its
name. What is locked and not among held_job_ids (a claim whose answer never arrived) is returned, its attempt not
counted (see return_jobs):
outcome 'returned'. What it believes to hold and does not is named too: outcome 'lost', its result will not be
taken. Call it after every reconnect, when no other call of this worker is under way. Safe to repeat.
Locks: job rows in id order, then queue rows in id order. Errors: GWBWI.$$;
