create or replace function @extschema@._private_quotas_left(
  task_ids integer[],
  quotas integer[],
  ctids tid[],
  out open_task_ids integer[],
  out open_quotas integer[]
)
language plpgsql stable
as $$
begin
  with taken as materialized (
    select j.task_id, count(*)::integer as jobs
    from @extschema@._private_jobs as j
    where j.ctid = any(ctids)
    group by j.task_id
  ),

  lowered as (
    select q.task_id, q.quota - coalesce((select t.jobs from taken as t where t.task_id = q.task_id), 0) as quota
    from unnest(task_ids, quotas) as q (task_id, quota)
  )

  select array_agg(l.task_id), case when count(l.quota) > 0 then array_agg(l.quota) end
  into open_task_ids, open_quotas
  from lowered as l
  where l.quota is null or l.quota > 0;
end;
$$;

comment on function @extschema@._private_quotas_left(integer[], integer[], tid[]) is
$$Internal. The tasks of which a claim may take more, and how many, when it has taken the jobs at these positions.
task_ids, quotas: before that; null for no bound. open_quotas is null when no task has a bound any more. Locks
nothing.$$;
