-- What a claim has picked, without what has expired.
select plan(10);

create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  raise exception 'not this one';
end;
$$;
select graphile_worker.add_job(k.task, queue_name => k.queue, run_at => now() - k.age::interval, job_key => k.key)
from (values
  ('old', 't', null, '61 seconds'), ('old, in a queue', 't', 'q', '61 seconds'), ('young', 't', 'r', '59 seconds'),
  ('of another', 'u', null, '1 day'), ('not picked', 't', null, '1 day')
) as k (key, task, queue, age);
create function pg_temp.kept() returns setof text language plpgsql as $$
declare
  v_ctids tid[];
begin
  select l.kept_ctids into v_ctids
  from graphile_worker._private_leave_expired(
    'w', array(select j.ctid from graphile_worker._private_jobs as j where j.key <> 'not picked'), now(), null, null,
    now()
  ) as l;
  return query select j.key from graphile_worker._private_jobs as j where j.ctid = any(v_ctids);
end;
$$;
create function pg_temp.queues() returns setof text language sql as $$
  select concat_ws(' ', q.queue_name, q.locked_by) from graphile_worker._private_job_queues as q
$$;
update graphile_worker._private_job_queues set locked_by = 'w', locked_at = now();
select set_eq(
  'select pg_temp.kept()', $$values ('old'), ('old, in a queue'), ('young'), ('of another')$$, 'all without a policy'
);
select graphile_worker.set_task_policy('u', max_attempts => 3);
select set_eq(
  'select pg_temp.kept()', $$values ('old'), ('old, in a queue'), ('young'), ('of another')$$,
  'all with one that says nothing of it'
);
select graphile_worker.set_task_policy('t', expires_after => '1 minute');
savepoint before;
select set_eq('select pg_temp.kept()', $$values ('young'), ('of another')$$, 'what has expired is left out');
select set_eq(
  $$select j.key from graphile_worker._private_jobs as j where j.last_error like 'Expired%' and not j.is_available$$,
  $$values ('old'), ('old, in a queue'), ('not picked')$$, 'and failed, and what has expired beside it'
);
select set_eq('select pg_temp.queues()', $$values ('q'), ('r w')$$, 'its queue is free, that of another is not');
select is_empty('select from graphile_worker._private_refused_claims', 'nothing was refused');

rollback to before;
create trigger refuse before update on graphile_worker._private_jobs
for each row when (old.key like 'old%') execute function pg_temp.refuse();
select set_eq(
  'select pg_temp.kept()', $$values ('young'), ('of another')$$, 'what does not let itself be failed is not claimed either'
);
select set_eq(
  $$select j.key, r.error from graphile_worker._private_refused_claims as r
    inner join graphile_worker._private_jobs as j on j.id = r.job_id$$,
  $$values
    ('old', 'it has expired, and something does not let it be failed'),
    ('old, in a queue', 'it has expired, and something does not let it be failed')$$,
  'but left alone for a while'
);
select set_eq('select pg_temp.queues()', $$values ('q'), ('r w')$$, 'its queue is not left locked');
drop trigger refuse on graphile_worker._private_jobs;
select set_eq('select pg_temp.kept()', $$values ('young'), ('of another')$$, 'once it can be it is failed');

select * from finish();
