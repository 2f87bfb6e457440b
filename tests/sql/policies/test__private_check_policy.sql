-- The values of a policy.
select plan(14);

create function pg_temp.checked(
  task text default 't', timeout text default null, retry text default null, max_attempts integer default null,
  priority integer default null, expires_after text default null, bad_payload text default null
) returns text language plpgsql as $$
begin
  perform graphile_worker._private_check_policy(
    task, timeout::interval, retry::jsonb, max_attempts, priority, expires_after::interval, bad_payload
  );
  return 'good';
exception when others then
  return sqlstate;
end;
$$;
select is(pg_temp.checked(), 'good', 'no value at all');
select is(
  pg_temp.checked(
    timeout => '1 microsecond', retry => '{"kind": "fixed", "delays": ["1s"]}', max_attempts => 1, priority => -32768,
    expires_after => '1000 years', bad_payload => 'retry'
  ),
  'good', 'all of them'
);
select is(pg_temp.checked(task => null), 'GWBID', 'no task');
select is(pg_temp.checked(task => ''), 'GWBID', 'a task without a name');
select is(pg_temp.checked(max_attempts => 0), 'GWBMA', 'no attempt');
select is(pg_temp.checked(priority => 32768), 'GWBPR', 'a priority that is none');
select is(pg_temp.checked(retry => '{}'), 'GWBPO', 'retries that are none');
select is(pg_temp.checked(timeout => t.value), 'GWBPO', 'timeout ' || t.value)
from unnest(array['0', '-1 second', '1001 years']) as t (value);
select is(pg_temp.checked(expires_after => t.value), 'GWBPO', 'expires_after ' || t.value)
from unnest(array['0', '-1 second', '1001 years']) as t (value);
select is(pg_temp.checked(bad_payload => 'ignore'), 'GWBPO', 'an unknown bad_payload');

select * from finish();
