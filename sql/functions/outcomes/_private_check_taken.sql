create or replace function @extschema@._private_check_taken(worker_id text, job_ids bigint[]) returns void
language plpgsql volatile
as $$
begin
  if
    exists (
      select from @extschema@._private_jobs as j
      where j.id = any(job_ids) and j.locked_by = _private_check_taken.worker_id
    )
  then
    raise triggered_action_exception using message = 'something leaves its row as it is';
  end if;
end;
$$;

comment on function @extschema@._private_check_taken(text, bigint[]) is
$$Internal. Raises when a worker still holds one of the jobs that it has just handed in: a trigger perhaps drops the
change of its row without a word, or undoes it.$$;
