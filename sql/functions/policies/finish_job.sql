create or replace function @extschema@.finish_job(worker_id text, job_id bigint) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@.complete_jobs(worker_id => worker_id, job_ids => array[job_id]);
  if not found then
    raise exception using
      errcode = 'GWNHL',
      message = format('job %s is not held by worker %L', coalesce(job_id::text, 'null'), worker_id),
      hint = 'It was taken from it, or is done: roll back what was done for it.';
  end if;
  return txid_current();
end;
$$;

comment on function @extschema@.finish_job(text, bigint) is
$$Completes a job within the transaction of its handler, as the last thing in it: what the handler has written and the
completion are committed together, or not at all. Returns the id of the transaction, by which show_finish tells later
whether it was committed. Raises GWNHL when the worker does not hold the job any more; then the transaction rolls back.
Locks: the job row, then its queue's, until the transaction ends; a sweep passes over them meanwhile. Errors: GWBWI,
GWNHL.$$;
