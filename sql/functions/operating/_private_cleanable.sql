create or replace function @extschema@._private_cleanable(tasks text[], keep text[], max_rows integer)
returns table (task text, removed bigint, names text[])
language plpgsql stable
as $$
declare
  v_last bigint[];
  v_task_id integer;
  v_id bigint;
begin
  if tasks is null or 'delete_permanently_failed_jobs' = any(tasks) then
    task := 'delete_permanently_failed_jobs';
    select count(*), max(case when max_rows is not null then array[f.task_id, f.id] end) into removed, v_last
    from (
      select j.task_id, j.id
      from @extschema@._private_jobs as j
      where not j.is_available and j.locked_at is null
      order by j.task_id, j.id
      limit max_rows
    ) as f;
    v_task_id := case when max_rows is null then 2147483647 else v_last[1] end;
    v_id := v_last[2];
    return next;
  end if;

  -- Failed jobs up to the last of those would be gone by then, and keep no task and no queue.
  if tasks is null or 'gc_task_identifiers' = any(tasks) then
    task := 'gc_task_identifiers';
    select count(*), (array_agg(u.identifier order by u.identifier))[:20] into removed, names
    from (
      select t.identifier
      from @extschema@._private_tasks as t
      where
        t.identifier <> all(array_remove(coalesce(keep, '{}'), null))
        and not exists (
          select
          from @extschema@._private_jobs as j
          where
            j.task_id = t.id
            and (
              j.is_available
              or j.locked_at is not null
              or v_task_id is null
              or (j.task_id, j.id) > (v_task_id, coalesce(v_id, 0))
            )
        )
      order by t.id
      limit max_rows
    ) as u;
    return next;
  end if;

  if tasks is null or 'gc_job_queues' = any(tasks) then
    task := 'gc_job_queues';
    select count(*), (array_agg(u.queue_name order by u.queue_name))[:20] into removed, names
    from (
      select q.queue_name
      from @extschema@._private_job_queues as q
      where
        q.is_available
        and not exists (
          select
          from @extschema@._private_jobs as j
          where
            j.job_queue_id = q.id
            and (
              j.is_available
              or j.locked_at is not null
              or v_task_id is null
              or (j.task_id, j.id) > (v_task_id, coalesce(v_id, 0))
            )
        )
      order by q.id
      limit max_rows
    ) as u;
    return next;
  end if;
end;
$$;

comment on function @extschema@._private_cleanable(text[], text[], integer) is
$$Internal. The rows that cleanup with these arguments would return, if nobody held any row; with the first 20 names of
the tasks and of the queues.$$;
