create or replace function @extschema@.list_jobs(
  state text default 'all',
  task text default null,
  queue text default null,
  search text default null,
  row_limit integer default 50,
  row_offset integer default 0
) returns table (
  id bigint,
  job_state text,
  task_identifier text,
  queue_name text,
  priority smallint,
  run_at timestamptz,
  attempts smallint,
  max_attempts smallint,
  key text,
  flags jsonb,
  last_error text,
  locked_at timestamptz,
  locked_by text,
  created_at timestamptz,
  updated_at timestamptz,
  revision integer
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_task_id integer;
  v_queue_id integer;
  v_pattern text;
begin
  if state is null or state not in ('all', 'ready', 'scheduled', 'locked', 'failed') then
    raise exception using
      errcode = 'GWBST',
      message = format('bad state %s', coalesce(quote_literal(state), 'null')),
      hint = 'state is all, ready, scheduled, locked or failed.';
  end if;
  if row_limit is null or row_limit < 0 or row_offset is null or row_offset < 0 then
    raise exception using
      errcode = 'GWBLM',
      message = format(
        'bad row_limit %s or row_offset %s', coalesce(row_limit::text, 'null'), coalesce(row_offset::text, 'null')
      ),
      hint = 'Both are 0 or more.';
  end if;
  if task is not null then
    select t.id into v_task_id from @extschema@._private_tasks as t where t.identifier = task;
    if not found then
      raise exception using
        errcode = 'GWUTK',
        message = format('unknown task %L', left(task, 140)),
        hint = 'No job of this task has been added yet; look for the identifier in the jobs view.';
    end if;
  end if;
  if queue is not null then
    select q.id into v_queue_id from @extschema@._private_job_queues as q where q.queue_name = queue;
    if not found then
      raise exception using
        errcode = 'GWUQU',
        message = format('unknown queue %L', left(queue, 140)),
        hint = 'list_queues() names them all.';
    end if;
  end if;
  -- The text as it stands, not a pattern of the caller's.
  v_pattern := '%' || replace(replace(replace(search, '\', '\\'), '%', '\%'), '_', '\_') || '%';

  return query
  select
    j.id,
    @extschema@._private_job_state(j.is_available, j.locked_at, j.run_at),
    (select t.identifier from @extschema@._private_tasks as t where t.id = j.task_id),
    (select q.queue_name from @extschema@._private_job_queues as q where q.id = j.job_queue_id),
    j.priority,
    j.run_at,
    j.attempts,
    j.max_attempts,
    j.key,
    j.flags,
    j.last_error,
    j.locked_at,
    j.locked_by,
    j.created_at,
    j.updated_at,
    j.revision
  from @extschema@._private_jobs as j
  where
    (state = 'all' or @extschema@._private_job_state(j.is_available, j.locked_at, j.run_at) = state)
    and (v_task_id is null or j.task_id = v_task_id)
    and (v_queue_id is null or j.job_queue_id = v_queue_id)
    and (
      v_pattern is null
      or j.id::text = search
      or j.key ilike v_pattern
      or j.last_error ilike v_pattern
      or j.locked_by ilike v_pattern
      or j.payload::text ilike v_pattern
      or (select t.identifier from @extschema@._private_tasks as t where t.id = j.task_id) ilike v_pattern
      or (select q.queue_name from @extschema@._private_job_queues as q where q.id = j.job_queue_id) ilike v_pattern
    )
  order by j.id desc
  limit row_limit
  offset row_offset;
end;
$$;

comment on function @extschema@.list_jobs(text, text, text, text, integer, integer) is
$$Jobs for people to look at, the newest first.
state: all, ready, scheduled, locked or failed. task, queue: only those of this task or queue. search: only those
whose id is this, or whose key, task, queue, error, worker or payload contains it, in either case.
row_limit, row_offset: the page. Errors: GWBST, GWBLM, GWUTK (unknown task), GWUQU (unknown queue).$$;
