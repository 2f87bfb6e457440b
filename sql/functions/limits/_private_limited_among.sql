create or replace function @extschema@._private_limited_among(
  job_ids bigint[],
  out task_ids integer[],
  out queue_ids integer[]
)
language plpgsql stable
set enable_seqscan = off
as $$
begin
  select array_agg(distinct j.task_id), array_agg(distinct j.job_queue_id) filter (where j.job_queue_id is not null)
  into task_ids, queue_ids
  from @extschema@._private_jobs as j
  where j.id = any(job_ids);
  task_ids := (
    select array_agg(t.id)
    from @extschema@._private_tasks as t
    where
      t.id = any(task_ids)
      and exists (select from @extschema@._private_limits as l where l.kind = 'task' and l.name = t.identifier)
  );
  if queue_ids is not null then
    queue_ids := (
      select array_agg(l.queue_id)
      from @extschema@._private_queue_limits(queue_ids => _private_limited_among.queue_ids) as l
    );
  end if;
end;
$$;

comment on function @extschema@._private_limited_among(bigint[]) is
$$Internal. The tasks of these jobs, and their queues, of those that have a limit; null for none.$$;
