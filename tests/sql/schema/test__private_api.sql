-- Who can be allowed to call what.
select plan(5);

select is_empty(
  $$
    select p.oid::regprocedure from pg_proc as p
    where p.pronamespace = 'graphile_worker'::regnamespace and left(p.proname, 9) <> '_private_' and p.proname <> 'grant_role'
    except
    select a.routine from graphile_worker._private_api() as a
  $$,
  'every public function but grant_role, which is the owner''s, is for some kind of role'
);
select is_empty(
  $$
    select a.routine from graphile_worker._private_api() as a inner join pg_proc as p on p.oid = a.routine
    where left(p.proname, 9) = '_private_'
  $$,
  'no internal one is'
);
select is_empty(
  $$
    select a.routine from graphile_worker._private_api() as a
    where a.kinds = '{}' or not a.kinds <@ '{enqueue,worker,operator}'
  $$,
  'there are three kinds'
);
select is_empty(
  $$
    select a.routine from graphile_worker._private_api() as a inner join pg_proc as p on p.oid = a.routine
    where not p.prosecdef or p.proconfig is null or not 'search_path=pg_catalog, pg_temp' = any(p.proconfig)
  $$,
  'all of them run with the owner''s rights and nobody else''s search_path'
);
select is_empty(
  $$
    select p.oid::regprocedure from pg_proc as p
    where
      p.pronamespace = 'graphile_worker'::regnamespace
      and p.prosecdef
      and p.oid not in (select a.routine from graphile_worker._private_api() as a)
  $$,
  'no other function does'
);

select * from finish();
