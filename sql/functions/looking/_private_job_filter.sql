create or replace function @extschema@._private_job_filter(
  task text,
  queue text,
  out task_id integer,
  out queue_id integer
)
language plpgsql stable
as $$
begin
  if task is not null then
    select t.id into task_id from @extschema@._private_tasks as t where t.identifier = task;
    if not found then
      raise exception using
        errcode = 'GWUTK',
        message = format('unknown task %L', left(task, 140)),
        hint = 'No job of this task has been added yet; task_stats() names those there are.';
    end if;
  end if;
  if queue is not null then
    select q.id into queue_id from @extschema@._private_job_queues as q where q.queue_name = queue;
    if not found then
      raise exception using
        errcode = 'GWUQU',
        message = format('unknown queue %L', left(queue, 140)),
        hint = 'list_queues() names those there are.';
    end if;
  end if;
end;
$$;

comment on function @extschema@._private_job_filter(text, text) is
$$Internal. The ids of the task and queue of these names, null for null. Raises GWUTK or GWUQU for one that the database
has never heard of.$$;
