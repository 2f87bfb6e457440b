create or replace function @extschema@.show_finish(worker_id text, job_id bigint, transaction_id bigint) returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_status text;
begin
  perform @extschema@._private_check_worker_id(worker_id);
  -- Before the look at the job: what is committed by now, that look sees.
  begin
    v_status := txid_status(transaction_id);
  exception when invalid_parameter_value then
    -- Of the future: a standby that took over knows nothing of it.
    null;
  end;
  if v_status = 'in progress' then
    return 'open';
  end if;
  -- After a failover another transaction may have that id, but not have done this job.
  if exists (
    select from @extschema@._private_jobs as j
    where j.id = show_finish.job_id and j.locked_by = show_finish.worker_id
  ) then
    return 'held';
  end if;
  return case v_status when 'committed' then 'done' else 'lost' end;
end;
$$;

comment on function @extschema@.show_finish(text, bigint, bigint) is
$$Tells what became of a transaction that called finish_job, when the answer to its commit was lost. 'done': it was
committed. 'held': it was not, and the worker still holds the job. 'lost': it was not, and the worker holds it no more.
'open': the server has not ended it yet, ask again. transaction_id is what finish_job returned. Locks nothing. Errors:
GWBWI.$$;
