create or replace function @extschema@.get_jobs(
  worker_id text,
  task_identifiers text[] default null,
  max_jobs integer default 1,
  forbidden_flags text[] default null,
  now timestamptz default now(),
  after_priority integer default null,
  after_run_at timestamptz default null,
  after_id bigint default null,
  must_be_registered boolean default false
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
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  v_now timestamptz := coalesce(get_jobs.now, now());
  v_has_hint constant boolean :=
    after_priority between -32768 and 32767 and after_run_at is not null and after_id is not null;
  v_task_ids integer[];
  v_task_identifiers text[];
  v_may_claim boolean;
  v_paused_queue_ids integer[];
  v_priority integer := -32769;
  -- Jobs without a queue are looked for at priorities before v_better_than, then after the position.
  v_better_than integer := -32769;
  v_position_priority integer := -32769;
  v_position_run_at timestamptz := timestamptz '-infinity';
  v_position_id bigint := 0;
  v_first_task_ids integer[];
  v_first_priorities smallint[];
  v_first_run_ats timestamptz[];
  v_first_ids bigint[];
  v_plain_priority smallint;
  v_queued_priority smallint;
  v_queued_run_at timestamptz;
  v_queued_id bigint;
  v_queues_compete boolean;
  v_queued_ctids tid[];
  v_look text;
  v_next_due timestamptz := timestamptz 'infinity';
  v_ctids tid[] := '{}'::tid[];
begin
  if v_has_hint then
    v_better_than := after_priority;
    v_position_priority := after_priority;
    v_position_run_at := after_run_at;
    v_position_id := after_id;
  end if;

  -- No lock on the worker's row: a sweep that comes just now is noticed at the next claim.
  select
    array_agg(t.id),
    array_agg(t.identifier),
    not must_be_registered or exists(
      select from @extschema@._private_workers as w
      where w.id = get_jobs.worker_id and not coalesce(w.metadata @> '{"swept": true}', false)
    )
  into v_task_ids, v_task_identifiers, v_may_claim
  from @extschema@._private_tasks as t
  where
    t.identifier = any(coalesce(task_identifiers, array(select a.identifier from @extschema@._private_tasks as a)))
    and not exists (select from @extschema@._private_paused_tasks as p where p.task_identifier = t.identifier);
  -- The function with the messages only runs when there is something to say.
  if
    (worker_id <> '' and max_jobs between 1 and 1000000 and isfinite(v_now) and v_may_claim) is not true
  then
    perform @extschema@._private_check_claim(worker_id, max_jobs, v_now, v_may_claim);
  end if;
  -- Where no transaction has ended since this session found nothing, it would read the same rows again, and all that is
  -- dead between them.
  if not v_has_hint then
    v_look := @extschema@._private_look(v_task_ids);
    if @extschema@._private_saw_nothing(v_look, v_now) then
      return;
    end if;
  end if;

  -- One round per priority: only with the priority fixed can `run_at <= now` bound what is read.
  while cardinality(v_ctids) < max_jobs loop
    -- Where each task's jobs without a queue begin: the claim starts there and does not read again what is dead before.
    -- And where those in queues begin.
    select p.task_ids, p.priorities, p.run_ats, p.ids, p.priority, q.priority, q.run_at, q.id
    into
      v_first_task_ids, v_first_priorities, v_first_run_ats, v_first_ids, v_plain_priority,
      v_queued_priority, v_queued_run_at, v_queued_id
    from (
      select
        array_agg(f.task_id) as task_ids,
        array_agg(f.priority) as priorities,
        array_agg(f.run_at) as run_ats,
        array_agg(f.id) as ids,
        min(f.priority) as priority
      from unnest(v_task_ids) as t (id)
      cross join lateral (
        (
          select j.task_id, j.priority, j.run_at, j.id
          from @extschema@._private_jobs as j
          where
            j.is_available
            and j.job_queue_id is null
            and j.task_id = t.id
            and j.priority > v_priority
            and j.priority < v_better_than
          order by j.task_id, j.priority, j.run_at, j.id
          limit 1
        )
        union all
        (
          select j.task_id, j.priority, j.run_at, j.id
          from @extschema@._private_jobs as j
          where
            j.is_available
            and j.job_queue_id is null
            and j.task_id = t.id
            and (j.priority, j.run_at, j.id) > (v_position_priority, v_position_run_at, v_position_id)
          order by j.task_id, j.priority, j.run_at, j.id
          limit 1
        )
        limit 1
      ) as f
    ) as p
    left join (
      select f.priority, f.run_at, f.id
      from unnest(v_task_ids) as t (id)
      cross join lateral (
        select j.priority, j.run_at, j.id
        from @extschema@._private_jobs as j
        where j.is_available and j.job_queue_id is not null and j.task_id = t.id and j.priority > v_priority
        order by j.task_id, j.priority, j.run_at, j.id
        limit 1
      ) as f
      order by f.priority, f.run_at, f.id
      limit 1
    ) as q on true;
    v_priority := least(v_plain_priority, v_queued_priority)::integer;
    exit when v_priority is null;

    v_queues_compete := v_queued_priority = v_priority and v_queued_run_at <= v_now;
    if v_queued_priority = v_priority and not v_queues_compete then
      v_next_due := least(v_next_due, v_queued_run_at);
    end if;
    if v_plain_priority = v_priority and cardinality(v_first_task_ids) = 1 then
      v_next_due := least(v_next_due, v_first_run_ats[1]);
      if v_first_run_ats[1] > v_now then
        v_first_task_ids := null;
      end if;
    elsif v_plain_priority = v_priority then
      select
        array_agg(f.task_id) filter (where f.run_at <= v_now),
        array_agg(f.run_at) filter (where f.run_at <= v_now),
        array_agg(f.id) filter (where f.run_at <= v_now),
        least(v_next_due, min(f.run_at))
      into v_first_task_ids, v_first_run_ats, v_first_ids, v_next_due
      from unnest(v_first_task_ids, v_first_priorities, v_first_run_ats, v_first_ids) as f (
        task_id, priority, run_at, id
      )
      where f.priority = v_priority;
    else
      v_first_task_ids := null;
    end if;
    -- Jobs without a queue that come before all in queues need no look at those.
    if v_first_task_ids is not null then
      v_ctids := v_ctids || @extschema@._private_claim_plain(
        v_plain_priority,
        v_first_task_ids,
        v_first_run_ats,
        v_first_ids,
        case when v_queues_compete then v_queued_run_at else v_now end,
        case when v_queues_compete then v_queued_id else 9223372036854775807 end,
        forbidden_flags,
        max_jobs - cardinality(v_ctids)
      );
    end if;
    if v_queues_compete and cardinality(v_ctids) < max_jobs then
      if v_paused_queue_ids is null then
        v_paused_queue_ids := array(
          select q.id
          from @extschema@._private_paused_queues as p
          inner join @extschema@._private_job_queues as q on q.queue_name = p.queue_name
        );
      end if;
      -- What is left of the jobs without a queue begins behind it.
      select
        array_agg(case when (f.run_at, f.id) > (v_queued_run_at, v_queued_id) then f.run_at else v_queued_run_at end),
        array_agg(case when (f.run_at, f.id) > (v_queued_run_at, v_queued_id) then f.id else v_queued_id end)
      into v_first_run_ats, v_first_ids
      from unnest(v_first_run_ats, v_first_ids) as f (run_at, id);
      v_queued_ctids := @extschema@._private_claim_queued(
        worker_id,
        v_queued_priority,
        v_task_ids,
        v_paused_queue_ids,
        v_first_task_ids,
        v_first_run_ats,
        v_first_ids,
        forbidden_flags,
        v_now,
        max_jobs - cardinality(v_ctids)
      );
      v_ctids := v_ctids || v_queued_ctids;
      if v_queued_ctids is null then
        -- What is due is all behind queues that are locked or paused: none of it can be claimed before a transaction ends.
        select least(v_next_due, min(f.run_at)) into v_next_due
        from unnest(v_task_ids) as t (id)
        cross join lateral (
          select j.run_at
          from @extschema@._private_jobs as j
          where
            j.is_available
            and j.job_queue_id is not null
            and j.task_id = t.id
            and j.priority = v_queued_priority
            and j.run_at > v_now
          order by j.task_id, j.priority, j.run_at, j.id
          limit 1
        ) as f;
      else
        v_next_due := least(v_next_due, v_queued_run_at);
      end if;
      if v_first_task_ids is not null and cardinality(v_ctids) < max_jobs then
        v_ctids := v_ctids || @extschema@._private_claim_plain(
          v_plain_priority,
          v_first_task_ids,
          v_first_run_ats,
          v_first_ids,
          v_now,
          9223372036854775807,
          forbidden_flags,
          max_jobs - cardinality(v_ctids)
        );
        -- What stood before them in the order may have been in the hands of others: then queues come in after all.
        if cardinality(v_ctids) < max_jobs then
          v_ctids := v_ctids || @extschema@._private_claim_queued(
            worker_id,
            v_queued_priority,
            v_task_ids,
            v_paused_queue_ids,
            null,
            null,
            null,
            forbidden_flags,
            v_now,
            max_jobs - cardinality(v_ctids)
          );
        end if;
      end if;
    end if;
    if v_priority >= v_position_priority then
      v_position_priority := v_priority;
      v_position_run_at := timestamptz 'infinity';
      v_position_id := 9223372036854775807;
    end if;
  end loop;
  -- Nothing is held back by a hint: what stands before the position comes when there is room.
  if v_has_hint and cardinality(v_ctids) < max_jobs and v_task_ids is not null then
    v_ctids := v_ctids || @extschema@._private_claim_plain(
      after_priority::smallint,
      v_task_ids,
      array_fill(timestamptz '-infinity', array[cardinality(v_task_ids)]),
      array_fill(0::bigint, array[cardinality(v_task_ids)]),
      least(after_run_at, v_now),
      case when after_run_at > v_now then 9223372036854775807 else after_id end,
      forbidden_flags,
      max_jobs - cardinality(v_ctids)
    );
  end if;
  if cardinality(v_ctids) = 0 then
    -- Not where something is due that others hold, or that this worker has to leave alone.
    if v_look is not null and v_next_due > v_now then
      perform set_config(
        'graphile_worker.saw_nothing',
        v_look || (extract(epoch from least(v_next_due, timestamptz '9999-01-01')) * 1000000)::bigint,
        false
      );
    end if;
    return;
  end if;

  return query
  with claimed as (
    update @extschema@._private_jobs as j
    set attempts = j.attempts + 1, locked_by = get_jobs.worker_id, locked_at = now()
    where j.ctid = any(v_ctids)
    returning
      j.id, j.task_id, j.payload, j.job_queue_id, j.priority, j.run_at, j.attempts, j.max_attempts, j.created_at, j.key,
      j.flags
  )

  select
    c.id,
    -- Not a join, which could be planned to read every task and queue there is.
    v_task_identifiers[array_position(v_task_ids, c.task_id)],
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

comment on function @extschema@.get_jobs(
  text, text[], integer, text[], timestamptz, integer, timestamptz, bigint, boolean
) is
$$Claims up to max_jobs jobs for a worker and returns what it needs to run them, in the order to start them: by
priority, run_at, id. Each claim counts as an attempt. The jobs belong to the worker until it hands them to
complete_jobs, fail_jobs or return_jobs; a worker that lost the answer calls resume_worker.

worker_id: this worker's own id. task_identifiers: the tasks it can run; null for any. forbidden_flags: jobs that carry
one of them are left alone. now: the clock that decides what is due; the server's when null. Locks are dated by the
server's, whichever.
A named queue never has two jobs claimed at once. A job of a queue that waits for its retry does not hold up those
behind it. Of tasks and queues that are paused (pause_task, pause_queue) nothing is claimed.

after_priority, after_run_at, after_id: a hint, all three or none: the position of the last job without a queue that the
worker claimed. Jobs at that priority before it are looked at last, and only while max_jobs are not full, which saves
reading past all that have come and gone where vacuum cannot remove them. A worker with a backlog gives it, and leaves it
out once per poll interval: a job may have been committed, or given back, before the position.

must_be_registered: claim nothing for a worker that sends heartbeats and was taken for dead since: GWNRG.

Locks: the rows it claims and nothing else, never waiting for anyone. Errors: GWBWI, GWBLM, GWBTI, GWNRG.$$;

-- PostgreSQL 12 has neither incremental sort nor the setting.
do $do$
begin
  if current_setting('server_version_num')::integer >= 130000 then
    alter function @extschema@.get_jobs(
      text, text[], integer, text[], timestamptz, integer, timestamptz, bigint, boolean
    ) set enable_incremental_sort = off;
  end if;
end;
$do$;
