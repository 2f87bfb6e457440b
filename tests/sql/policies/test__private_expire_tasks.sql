-- Jobs that were due too long ago.
select plan(8);

select graphile_worker.add_job(
  k.task, queue_name => k.queue, run_at => now() - k.age::interval, job_key => k.key, priority => k.priority
)
from (values
  ('old', 't', null, '61 seconds', 0), ('old, in a queue', 't', 'q', '61 seconds', 5), ('young', 't', null, '59 seconds', 0),
  ('young, in a queue', 't', 'q', '59 seconds', 0), ('later', 't', null, '-1 hour', 0),
  ('patient', 'u', null, '61 seconds', 0), ('very old', 'u', null, '1 day', -3), ('of another', 'v', null, '1 day', 0),
  ('held', 't', null, '1 day', 0), ('failed', 't', null, '1 day', 0)
) as k (key, task, queue, age, priority);
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key = 'held';
update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'boom' where key = 'failed';
create function pg_temp.expired(max_rows integer, clock interval default '0') returns integer language sql as $$
  select graphile_worker._private_expire_tasks(
    array_agg(t.id), array_agg(case t.identifier when 't' then interval '1 minute' else '1 hour' end), now() + clock, max_rows
  )
  from graphile_worker._private_tasks as t where t.identifier in ('t', 'u')
$$;
select is(pg_temp.expired(2), 2, 'no more than that many');
select is(pg_temp.expired(100), 1, 'the rest');
select set_eq(
  $$select j.key from graphile_worker._private_jobs as j where j.last_error like 'Expired%'$$,
  $$values ('old'), ('old, in a queue'), ('very old')$$,
  'those that wait, of any priority, each task by its own time'
);
select is(pg_temp.expired(100), 0, 'nothing is left');
select is(pg_temp.expired(100, '2 seconds'), 2, 'two seconds later two more are old');

-- What can't be failed is met again and again, but not so that the others never were.
create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  raise exception 'not this one';
end;
$$;
create trigger refuse before update on graphile_worker._private_jobs
for each row when (old.key like 'refused%') execute function pg_temp.refuse();
select graphile_worker.add_job('t', run_at => now() - interval '3 days', job_key => 'refused' || n) from generate_series(1, 3) as n;
select graphile_worker.add_job('t', run_at => now() - interval '2 days');
select is(pg_temp.expired(3), 0, 'the first do not let themselves be failed');
select is(pg_temp.expired(3), 1, 'they do not stand before the others');
drop trigger refuse on graphile_worker._private_jobs;
update graphile_worker._private_refused_claims set next_try_at = now();
select is(pg_temp.expired(3), 3, 'after a while they are tried again');

select * from finish();
