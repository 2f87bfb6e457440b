create or replace function @extschema@._private_release_cancelled(job_ids bigint[]) returns setof bigint
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
begin
  return query
  update @extschema@._private_jobs as j
  set
    attempts = j.max_attempts,
    run_at = now(),
    flags = @extschema@._private_uncancelled(flags => j.flags),
    locked_by = null,
    locked_at = null,
    updated_at = now()
  where j.id = any(job_ids)
  returning j.id;
end;
$$;

comment on function @extschema@._private_release_cancelled(bigint[]) is
$$Internal. Ends the claims of jobs that were cancelled while they were claimed (_private_ending says fail): they have
failed for good, like any other, and last_error says why. Returns them. Locks: the job rows, which the caller has
locked.$$;
