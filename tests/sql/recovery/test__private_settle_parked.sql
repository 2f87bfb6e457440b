-- What other runtimes gave back although it was superseded, or cancelled.
select plan(6);

select graphile_worker.add_job('t', queue_name => k.queue, priority => k.priority, job_key => k.key)
from (values
  ('cancelled', null, 0), ('in a queue', 'q', 5), ('to be removed', null, 0), ('held', null, 0), ('failed', null, 0),
  ('due', null, 0), ('later', null, 5), ('superseded', null, 0), ('superseded in a queue', 'r', 3)
) as k (key, queue, priority);
update graphile_worker._private_jobs as j
set
  run_at = graphile_worker._private_parked(),
  flags = case
    when j.key = 'later' then null
    when j.key like 'superseded%' or j.key = 'failed' then '{"graphile_worker:superseded": true}'
    when j.key = 'to be removed' then '{"graphile_worker:cancelled": true, "graphile_worker:remove": true}'
    else '{"graphile_worker:cancelled": true}'
  end::jsonb,
  attempts = case when j.key in ('held', 'failed') then j.max_attempts else 24 end,
  locked_by = case when j.key = 'held' then 'w' end,
  locked_at = case when j.key = 'held' then now() end
where j.key <> 'due';
select is(graphile_worker._private_settle_parked(), 5::bigint, 'so many');
select set_eq(
  $$select j.key from graphile_worker._private_jobs as j where j.attempts = j.max_attempts and j.locked_at is null$$,
  $$values ('cancelled'), ('in a queue'), ('failed')$$, 'they have failed'
);
select set_eq(
  $$select j.key from graphile_worker._private_jobs as j where j.attempts < j.max_attempts or j.locked_at is not null$$,
  $$values ('due'), ('later'), ('held')$$, 'or are gone; not what is held, nor what merely is due as late'
);
select is(graphile_worker._private_settle_parked(), 0::bigint, 'nothing is left');

-- Something does not let one of them through.
insert into graphile_worker._private_jobs as j (task_id, key, run_at, flags)
select t.id, k.key, graphile_worker._private_parked(), k.flags::jsonb
from graphile_worker._private_tasks as t
cross join (values
  ('bad', '{"graphile_worker:cancelled": true}'), ('good', '{"graphile_worker:cancelled": true}'),
  ('too', '{"graphile_worker:cancelled": true, "graphile_worker:remove": true}'),
  ('replaced', '{"graphile_worker:superseded": true}')
) as k (key, flags);
create function pg_temp.refuse() returns trigger language plpgsql as $$ begin assert false, 'not this one'; end; $$;
create trigger refuse before update or delete on graphile_worker._private_jobs
for each row when (old.key = 'bad') execute function pg_temp.refuse();
set client_min_messages = error;
select is(graphile_worker._private_settle_parked(), 3::bigint, 'it alone is left behind');
drop trigger refuse on graphile_worker._private_jobs;
select is(graphile_worker._private_settle_parked(), 1::bigint, 'until it can be');

select * from finish();
