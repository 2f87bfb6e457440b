-- The states of jobs as add_unique_job sees them.
select plan(3);

select graphile_worker.add_job('t', job_key => k)
from unnest('{waiting,scheduled,paused,running,failed,cancelled,gone}'::text[]) as k;
create temp table named as select j.id, j.key from graphile_worker._private_jobs as j;
create function pg_temp.id(name text) returns bigint language sql as $$
  select n.id from named as n where n.key = name
$$;
select graphile_worker.reschedule_jobs(array[pg_temp.id('scheduled')], run_at => now() + interval '1 day');
update graphile_worker._private_jobs as j
set locked_at = now(), locked_by = 'w', attempts = 1
where j.key in ('running', 'cancelled');
select graphile_worker.permanently_fail_jobs(array[pg_temp.id('failed')]);
select graphile_worker.cancel_jobs(array[pg_temp.id('cancelled')]);
select graphile_worker.complete_jobs(array[pg_temp.id('gone')]);

select results_eq(
  $$
    select n.key, s.state
    from named as n
    inner join graphile_worker._private_unique_states(array(select i.id from named as i order by i.id desc)) as s
      on s.job_id = n.id
    order by n.id
  $$,
  $$
    values ('waiting', 'waiting'), ('scheduled', 'waiting'), ('paused', 'waiting'), ('running', 'running'),
    ('failed', 'failed'), ('cancelled', 'failed')
  $$,
  'each of them; none of one that is gone'
);
select is_empty('select from graphile_worker._private_unique_states(''{}'')', 'of no job');

select graphile_worker.set_task_policy('t', expires_after => '1 minute');
select graphile_worker.set_task_policy('other', expires_after => '1 second');
update graphile_worker._private_jobs as j
set run_at = now() - case when j.key = 'paused' then interval '2 minutes' else '30 seconds' end
where j.key in ('waiting', 'paused', 'running');
select results_eq(
  $$
    select n.key, s.state
    from named as n
    inner join graphile_worker._private_unique_states(array(select i.id from named as i)) as s on s.job_id = n.id
    where n.key in ('waiting', 'scheduled', 'paused', 'running')
    order by n.id
  $$,
  $$values ('waiting', 'waiting'), ('scheduled', 'waiting'), ('paused', 'failed'), ('running', 'running')$$,
  'what has expired has failed'
);

select * from finish();
