-- The name of a look for jobs: the same as long as the same would be seen.
select plan(3);

-- This transaction has written: the harness is no exception.
create temp table t ();
select is(graphile_worker._private_look('{1}'), null, 'no name where something was written: no snapshot tells');
select is(graphile_worker._private_look(null), null, 'for no tasks, either');
select is(
  graphile_worker._private_saw_nothing(graphile_worker._private_look('{1}'), now()), false, 'a look without a name is taken'
);

select * from finish();
