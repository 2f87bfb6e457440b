-- What is not said of a job that is added is as the policy of its task says.
select plan(12);

create function pg_temp.added(task text, max_attempts integer default null, priority integer default null, job_key text default null)
returns text language sql as $$
  select format('%s, %s', j.max_attempts, j.priority)
  from graphile_worker.add_job(task, max_attempts => added.max_attempts, priority => added.priority, job_key => added.job_key) as j
$$;
select is(pg_temp.added('t'), '25, 0', 'without a policy');

-- Costs: only a superuser may have calls counted.
do $$
begin
  set local track_functions = 'all';
exception
  when insufficient_privilege then
    null;
end;
$$;
select is(pg_temp.added('t', job_key => 'none'), '25, 0', 'without a policy, with a key');
select case current_setting('track_functions')
  when 'all' then is_empty(
    $$select from pg_stat_xact_user_functions as f where f.funcname = '_private_task_default' and f.calls > 0$$,
    'no policies, no calls'
  )
  else skip('calls are not counted', 1)
end;

select is(
  (
    select t.seq_scan + t.idx_scan from pg_stat_xact_all_tables as t
    where t.relid = 'graphile_worker._private_rooms'::regclass
  ),
  0::bigint, 'no rooms ever, no look for them'
);

select graphile_worker.set_task_policy('t', max_attempts => 3, priority => -5), graphile_worker.set_task_policy('u', timeout => '1 minute');
select is(pg_temp.added('t'), '3, -5', 'with one');
select is(pg_temp.added('t', max_attempts => 7), '7, -5', 'max_attempts is said');
select is(pg_temp.added('t', priority => 7), '3, 7', 'priority is said');
select is(pg_temp.added('t', 8, 9), '8, 9', 'both are');
select is(pg_temp.added('t', job_key => 'k'), '3, -5', 'with a key');
select is(pg_temp.added('u'), '25, 0', 'a policy that says nothing of it');
select is(pg_temp.added('v'), '25, 0', 'a task without one');
select graphile_worker.set_task_policy('v', max_attempts => 2);
select is(pg_temp.added('v', job_key => 'k'), '2, 0', 'a job with this key is there, of another task');

select * from finish();
