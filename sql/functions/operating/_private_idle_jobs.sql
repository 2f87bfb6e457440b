create or replace function @extschema@._private_idle_jobs(job_ids bigint[]) returns setof @extschema@._private_jobs
language plpgsql stable
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
begin
  return query
  select j.*
  from @extschema@._private_jobs as j
  where j.id = any(job_ids) and (j.locked_at is null or j.locked_at < now() - @extschema@._private_lock_expiry())
  order by j.id;
end;
$$;

comment on function @extschema@._private_idle_jobs(bigint[]) is
$$Internal. Those of these jobs that are not running (unlocked, or locked for more than 4 hours), in id order: what a
change by id is about, for its dry run. Locks nothing.$$;
