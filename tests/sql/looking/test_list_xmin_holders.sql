-- Who keeps dead rows from being removed. That others are seen is shown with two sessions, in tests/py.
select plan(3);

select is_empty(
  'select * from graphile_worker.list_xmin_holders() as h where h.pid = pg_backend_pid()', 'not who asks'
);
select is_empty('select * from graphile_worker.list_xmin_holders(0)', 'a limit of 0 is none at all');
select throws_ok('select * from graphile_worker.list_xmin_holders(-1)', 'GWBLM', null, 'a negative limit');

select * from finish();
