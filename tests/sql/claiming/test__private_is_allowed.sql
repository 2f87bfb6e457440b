-- Whether a job's flags let a worker claim it.
select plan(8);

create function pg_temp.allowed(flags text[], forbidden_flags text[]) returns boolean language sql as $$
  select graphile_worker._private_is_allowed(
    flags => graphile_worker._private_flags(allowed.flags), forbidden_flags => allowed.forbidden_flags
  )
$$;

select is(pg_temp.allowed(null, null), true, 'no flags, none forbidden');
select is(pg_temp.allowed('{red}', null), true, 'none forbidden');
select is(pg_temp.allowed('{red}', '{}'), true, 'none forbidden, in an array');
select is(pg_temp.allowed(null, '{red}'), true, 'no flags');
select is(pg_temp.allowed('{red,green}', '{blue}'), true, 'other flags');
select is(pg_temp.allowed('{red,green}', '{blue,green}'), false, 'one of them is forbidden');
select is(
  graphile_worker._private_is_allowed(flags => '{"red": false}', forbidden_flags => '{red}'), false,
  'a flag is its name, whatever its value'
);
-- Not as a call for each row that a claim reads.
create function pg_temp.plan_of_a_claim() returns text language plpgsql as $$
declare
  v_line text;
  v_plan text := '';
begin
  for v_line in
    explain (verbose)
    select from graphile_worker._private_jobs as j
    where graphile_worker._private_is_allowed(flags => j.flags, forbidden_flags => '{red}')
  loop
    v_plan := v_plan || v_line;
  end loop;
  return v_plan;
end
$$;
select matches(
  pg_temp.plan_of_a_claim(), 'Filter: [^_]*flags IS NULL.*\?\|', 'it becomes a part of the query that calls it'
);

select * from finish();
