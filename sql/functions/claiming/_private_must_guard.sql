create or replace function @extschema@._private_must_guard() returns boolean
language sql stable
as $$
  -- By itself the table has neither triggers nor rules, and two constraints.
  select
    c.relhastriggers or c.relhasrules or c.relchecks > 2
    or exists (select from @extschema@._private_refused_claims)
  from pg_catalog.pg_class as c
  where c.oid = '@extschema@._private_jobs'::regclass
$$;

comment on function @extschema@._private_must_guard() is
$$Internal. Whether something may not let a job be claimed, or has not let one: triggers, rules or constraints of others
on the table of jobs, and claims that were refused. Locks nothing.$$;
