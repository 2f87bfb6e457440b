-- What the setting graphile_worker.notify does to adding jobs. Who is notified: tests/py/concurrency/test_notify.py.
select plan(12);

create function pg_temp.advisory_locks() returns bigint language sql as $$
  select count(*) from pg_locks as l where l.locktype = 'advisory' and l.pid = pg_backend_pid()
$$;

select is(current_setting('graphile_worker.notify', true), null, 'nobody has set it here');
select lives_ok($$select graphile_worker._private_notify(1)$$, 'not set');
select lives_ok(
  format($$select set_config('graphile_worker.notify', %L, true), graphile_worker._private_notify(1)$$, s.value),
  'set to ' || quote_literal(s.value)
)
from unnest(array['on', '', 'off']) as s (value);
select is(pg_temp.advisory_locks(), 0::bigint, 'none of these takes a lock');

select throws_ok(
  format($$select set_config('graphile_worker.notify', %L, true), graphile_worker.%s$$, 'often', c.call),
  'GWBNS', null, 'GWBNS: an unknown value, in ' || c.call
)
from unnest(array[
  '_private_notify(1)', 'add_job(''t'')',
  'add_jobs(array[row(''t'', null, null, null, null, null, null, null)::graphile_worker.job_spec])',
  'add_unkeyed_jobs(''{t}'', ''[1]'')'
]) as c (call);

set local graphile_worker.notify = 'sparse';
select lives_ok(
  $$select graphile_worker._private_notify(1), graphile_worker._private_notify(1)$$, 'set to ''sparse'''
);
select is(
  pg_temp.advisory_locks(), 1::bigint, 'sparse: whoever notifies holds one lock, however often it does'
);

select * from finish();
