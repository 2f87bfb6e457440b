create or replace function @extschema@._private_forget_uniques(job_ids bigint[]) returns bigint[]
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
begin
  -- Whoever holds one is deciding about it just now, and may be waiting for a job that the caller has locked.
  delete from @extschema@._private_uniques as u
  where u.ctid = any(array(
    select f.ctid from @extschema@._private_uniques as f where f.job_id = any(job_ids) for update skip locked
  ));
  return array(select u.job_id from @extschema@._private_uniques as u where u.job_id = any(job_ids));
end;
$$;

comment on function @extschema@._private_forget_uniques(bigint[]) is
$$Internal. Forgets the unique keys of jobs that are to be removed without being completed, so that they keep nothing
from being added within their period. Returns the jobs whose keys are in use, and were not forgotten: these are not to
be removed now. Locks: the rows of the keys, passing over those in use.$$;
