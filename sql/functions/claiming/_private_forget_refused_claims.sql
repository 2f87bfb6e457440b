create or replace function @extschema@._private_forget_refused_claims(claimed_ids bigint[]) returns void
language sql volatile
as $$
  delete from @extschema@._private_refused_claims as r
  where r.job_id = any(array(
    select f.job_id
    from @extschema@._private_refused_claims as f
    where
      f.job_id = any(claimed_ids)
      or not exists (select from @extschema@._private_jobs as j where j.id = f.job_id and j.is_available)
    for update skip locked
  ))
$$;

comment on function @extschema@._private_forget_refused_claims(bigint[]) is
$$Internal. Forgets that the claim of these jobs was refused, and of all that are no more, or that
were claimed or have failed since. Locks: those rows, leaving out the ones that are locked.$$;
