-- Who can be allowed to call what.
select plan(7);

select is_empty(
  $$
    select p.oid::regprocedure from pg_proc as p
    where p.pronamespace = 'graphile_worker'::regnamespace and left(p.proname, 9) <> '_private_'
    except
    select a.routine from graphile_worker._private_api as a
  $$,
  'every public function is there'
);
select is_empty(
  $$
    select a.routine from graphile_worker._private_api as a inner join pg_proc as p on p.oid = a.routine
    where left(p.proname, 9) = '_private_'
  $$,
  'no internal one is'
);
select is_empty(
  $$
    select a.routine from graphile_worker._private_api as a
    where not a.kinds <@ '{enqueue,worker,operator}'
  $$,
  'there are three kinds'
);
select results_eq(
  $$select a.routine::text from graphile_worker._private_api as a where a.kinds = '{}'$$,
  $$values ('graphile_worker.grant_role(text,text)')$$,
  'one function is the owner''s alone'
);
select is_empty(
  $$select a.routine from graphile_worker._private_api as a group by a.routine having count(*) > 1$$,
  'none stands there twice'
);
select is_empty(
  $$
    select a.routine from graphile_worker._private_api as a inner join pg_proc as p on p.oid = a.routine
    where
      a.kinds <> '{}'
      and (not p.prosecdef or p.proconfig is null or not 'search_path=pg_catalog, pg_temp' = any(p.proconfig))
  $$,
  'all others run with the owner''s rights and nobody else''s search_path'
);
select is_empty(
  $$
    select p.oid::regprocedure from pg_proc as p
    where
      p.pronamespace = 'graphile_worker'::regnamespace
      and p.prosecdef
      and p.oid not in (select a.routine from graphile_worker._private_api as a)
  $$,
  'no other function does'
);

select * from finish();
