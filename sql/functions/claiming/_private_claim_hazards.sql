create or replace function @extschema@._private_claim_hazards() returns table (is_guarded boolean, may_expire boolean)
-- In a from clause it becomes a part of the query that calls it, whose plan is kept. One that returns a scalar, or a
-- call anywhere else, would be parsed and planned in every transaction, before PostgreSQL 18: a third of what it takes
-- to claim one job.
language sql stable rows 1
as $$
  select
    -- By itself the table has neither triggers nor rules, and two constraints.
    c.relhastriggers or c.relhasrules or c.relchecks > 2
    or exists (select from @extschema@._private_refused_claims),
    exists (select from @extschema@._private_rooms as r where r.room = 'expiry')
  from pg_catalog.pg_class as c
  where c.oid = '@extschema@._private_jobs'::regclass
$$;

comment on function @extschema@._private_claim_hazards() is
$$Internal. What may keep a claim from taking a job that it has found, in one row. is_guarded: whether something may not
let a job be claimed, or has not: triggers, rules or constraints of others on the table of jobs, and claims that
were refused. may_expire: whether jobs of some task expire. Locks nothing.$$;
