create or replace function @extschema@.analyze_jobs(added_jobs integer) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- From then on autovacuum keeps up, without holding up whoever adds the next ten thousand.
  if added_jobs is null or added_jobs <= (
    select c.reltuples from pg_class as c where c.oid = '@extschema@._private_jobs'::regclass
  ) then
    return false;
  end if;
  analyze (skip_locked) @extschema@._private_jobs;
  return true;
end;
$$;

comment on function @extschema@.analyze_jobs(integer) is
$$Analyzes the jobs table when its statistics know of fewer jobs than have just been added in one call. Returns whether
they did; where somebody else is at it, nothing more happens. Call it once the jobs are committed: what it locks stays
locked until the transaction ends. Claims need no statistics; the estimates of stats, and other runtimes, do better
with them. Locks: the jobs table, against vacuum and schema changes only; does not wait for it.$$;
