create or replace function @extschema@._private_update_claimed(worker_id text, job_ids bigint[]) returns bigint[]
language plpgsql volatile
as $$
declare
  v_ids bigint[];
begin
  -- A trigger that is deferred would raise at the commit, and take back the claim of all.
  set constraints all immediate;
  with claimed as (
    update @extschema@._private_jobs as j
    set attempts = j.attempts + 1, locked_by = _private_update_claimed.worker_id, locked_at = now()
    where j.id = any(job_ids)
    returning j.id, j.locked_by
  )

  select array_agg(c.id) into v_ids
  from claimed as c
  -- Something may let the update pass, and undo it.
  where c.locked_by = _private_update_claimed.worker_id;
  return coalesce(v_ids, '{}');
end;
$$;

comment on function @extschema@._private_update_claimed(text, bigint[]) is
$$Internal. Claims these jobs, which the caller has locked, for a worker, and returns those that it got. Raises what a
trigger or constraint raises. Deferred constraints are checked at once, here and for the rest of the transaction.$$;
