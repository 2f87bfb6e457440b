create or replace function @extschema@.get_jobs(
  worker_id text,
  task_identifiers text[] default null,
  max_jobs integer default 1,
  forbidden_flags text[] default null,
  now timestamptz default now()
) returns table (
  id bigint,
  task_identifier text,
  payload json,
  queue_name text,
  priority smallint,
  run_at timestamptz,
  attempts smallint,
  max_attempts smallint,
  created_at timestamptz,
  key text,
  flags jsonb
)
language plpgsql volatile rows 10 security definer
set search_path = pg_catalog, pg_temp
-- Statistics of a table that fills and drains are always out of date; what is right here is always the index in claim
-- order. It holds for the functions called from here, too.
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  v_now timestamptz := coalesce(get_jobs.now, now());
  v_task_ids integer[];
  v_priority integer := -32769;
  v_plain_priority smallint;
  v_queued_priority smallint;
  v_ctids tid[] := '{}'::tid[];
begin
  perform @extschema@._private_check_worker_id(worker_id);
  if max_jobs is null or max_jobs < 1 then
    raise exception using
      errcode = 'GWBLM',
      message = format('bad max_jobs %s', coalesce(max_jobs::text, 'null')),
      hint = 'max_jobs is 1 or more.';
  end if;

  if task_identifiers is null then
    v_task_ids := array(select t.id from @extschema@._private_tasks as t);
  else
    v_task_ids := array(select t.id from @extschema@._private_tasks as t where t.identifier = any(task_identifiers));
  end if;

  -- One round per priority: only with the priority fixed can `run_at <= now` bound what is read.
  while cardinality(v_ctids) < max_jobs loop
    select min(p.priority) into v_plain_priority
    from unnest(v_task_ids) as t (id)
    cross join lateral (
      select j.priority
      from @extschema@._private_jobs as j
      where j.is_available and j.job_queue_id is null and j.task_id = t.id and j.priority > v_priority
      order by j.task_id, j.priority, j.run_at, j.id
      limit 1
    ) as p;
    select min(p.priority) into v_queued_priority
    from unnest(v_task_ids) as t (id)
    cross join lateral (
      select j.priority
      from @extschema@._private_jobs as j
      where j.is_available and j.job_queue_id is not null and j.task_id = t.id and j.priority > v_priority
      order by j.task_id, j.priority, j.run_at, j.id
      limit 1
    ) as p;
    v_priority := least(v_plain_priority, v_queued_priority)::integer;
    exit when v_priority is null;

    if v_queued_priority = v_priority then
      v_ctids := v_ctids || @extschema@._private_claim_queued(
        worker_id,
        v_queued_priority,
        v_task_ids,
        forbidden_flags,
        v_now,
        max_jobs - cardinality(v_ctids),
        coalesce(v_plain_priority = v_priority, false)
      );
    end if;
    if v_plain_priority = v_priority and cardinality(v_ctids) < max_jobs then
      v_ctids := v_ctids || @extschema@._private_claim_plain(
        v_plain_priority, v_task_ids, forbidden_flags, v_now, max_jobs - cardinality(v_ctids)
      );
    end if;
    -- What stood before them in the order, with or without a queue, may have been in the hands of others.
    if v_queued_priority = v_priority and v_plain_priority = v_priority and cardinality(v_ctids) < max_jobs then
      v_ctids := v_ctids || @extschema@._private_claim_queued(
        worker_id,
        v_queued_priority,
        v_task_ids,
        forbidden_flags,
        v_now,
        max_jobs - cardinality(v_ctids),
        false
      );
    end if;
  end loop;
  if cardinality(v_ctids) = 0 then
    return;
  end if;

  return query
  with claimed as (
    update @extschema@._private_jobs as j
    set attempts = j.attempts + 1, locked_by = get_jobs.worker_id, locked_at = v_now
    where j.ctid = any(v_ctids)
    returning j.*
  )
  -- Names by one probe each: a join could be planned to read every task and queue there is.
  select
    c.id,
    (select t.identifier from @extschema@._private_tasks as t where t.id = c.task_id),
    c.payload,
    case
      when c.job_queue_id is not null
        then (select q.queue_name from @extschema@._private_job_queues as q where q.id = c.job_queue_id)
    end,
    c.priority,
    -- Not every client language has dates as early as PostgreSQL.
    greatest(c.run_at, timestamptz '0001-01-02 00:00:00+00'),
    c.attempts,
    c.max_attempts,
    c.created_at,
    c.key,
    c.flags
  from claimed as c
  order by c.priority, c.run_at, c.id;
end;
$$;

comment on function @extschema@.get_jobs(text, text[], integer, text[], timestamptz) is
$$Claims up to max_jobs jobs for a worker and returns what it needs to run them, in the order to start them: by
priority, run_at, id. Each claim counts as an attempt. The jobs belong to the worker until it hands them to
complete_jobs, fail_jobs or return_jobs; a worker that lost the answer calls resume_worker.

worker_id: this worker's own id. task_identifiers: the tasks it can run; null for any. forbidden_flags: jobs that carry
one of them are left alone. now: the clock that decides what is due; the server's when null.
A named queue never has two jobs claimed at once. A job of a queue that waits for its retry does not hold up those
behind it.

Locks: the rows it claims and nothing else, never waiting for anyone. Errors: GWBWI, GWBLM.$$;

-- PostgreSQL 12 has neither incremental sort nor the setting.
do $do$
begin
  if current_setting('server_version_num')::integer >= 130000 then
    alter function @extschema@.get_jobs(text, text[], integer, text[], timestamptz) set enable_incremental_sort = off;
  end if;
end;
$do$;
