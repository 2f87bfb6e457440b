create or replace function @extschema@._private_complete(worker_id text, job_ids bigint[]) returns bigint[]
language plpgsql volatile
as $$
declare
  v_ids bigint[];
  v_queue_ids integer[];
begin
  with deleted as (
    delete from @extschema@._private_jobs as j
    where j.id = any(job_ids) and j.locked_by = _private_complete.worker_id
    returning j.id, j.job_queue_id
  )

  select array_agg(d.id), array_agg(d.job_queue_id) filter (where d.job_queue_id is not null)
  into v_ids, v_queue_ids
  from deleted as d;
  if v_queue_ids is not null then
    perform @extschema@._private_unlock_queues(worker_id => worker_id, queue_ids => v_queue_ids);
  end if;
  return v_ids;
end;
$$;

comment on function @extschema@._private_complete(text, bigint[]) is
$$Internal. complete_jobs of a worker, for callers whose settings leave only a scan of the primary key, which visits the
rows in id order whatever the order of job_ids. Returns the ids; null for none. Locks: see complete_jobs.$$;
