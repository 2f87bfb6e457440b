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
-- How it goes; the figures are of PostgreSQL 15 on two processors, docs/performance.md has more:
-- 1. A look that found nothing is not repeated before a transaction ends: 0.2 ms, not 44 to get past 500,000 dead rows.
-- 2. One round per priority, the best first: with the priority fixed an index bounds `run_at <= now`. Ten jobs behind a
--    million that are due later, over five priorities: 0.5 ms; in one scan 53 ms. A round looks where each task's jobs
--    begin, one entry of an index each, and goes on from these entries, so as to get past what is dead only once.
-- 3. Jobs without a queue that come before all in queues are claimed without a look at those: 57,000 jobs/s with
--    100,000 queues behind them, to 18,000 with the queues in between.
-- 4. From the first job in a queue on both kinds take turns.
-- 5. What stands before the hint comes last.
-- 6. What something does not let be claimed, a trigger perhaps, is left alone for a while, and its queue waits for it.
--    After a try that gave nothing it looks behind what was ever refused: or thousands of these would fill every claim.
-- 7. One update records it all. It stands here, as another function would copy each row: 1 to 3 % of a claim of 500.
declare
  v_now timestamptz := coalesce(get_jobs.now, now());
  v_has_hint constant boolean :=
    after_priority between -32768 and 32767 and after_run_at is not null and after_id is not null;
  v_hint_priority constant smallint := case when v_has_hint then after_priority end;
  v_began constant timestamptz := clock_timestamp();
  v_task_ids integer[];
  v_task_identifiers text[];
  v_may_claim boolean;
  v_is_guarded boolean;
  v_refused_ids bigint[];
  v_refused_queue_ids integer[];
  v_claimed_ids bigint[];
  v_look text;
  v_priority integer := -32769;
  v_plain_starts @extschema@._private_position[];
  v_queued_run_at timestamptz;
  v_queued_id bigint;
  v_round_due timestamptz;
  v_next_due timestamptz := timestamptz 'infinity';
  v_paused_queue_ids integer[];
  v_turns tid[];
  v_ctids tid[] := '{}'::tid[];
begin
  -- No lock on the worker's row: a sweep that comes just now is noticed at the next claim.
  select
    array_agg(t.id), array_agg(t.identifier),
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
  if (worker_id <> '' and max_jobs between 1 and 1000000 and isfinite(v_now) and v_may_claim) is not true then
    perform @extschema@._private_check_claim(
      worker_id => get_jobs.worker_id, max_jobs => get_jobs.max_jobs, now => v_now, may_claim => v_may_claim
    );
  end if;
  <<claim>>
  loop
    -- Where no transaction has ended since this session found nothing, the same rows would be read again.
    if v_hint_priority is null then
      v_look := @extschema@._private_look(task_ids => v_task_ids);
      if @extschema@._private_saw_nothing(look => v_look, now => v_now) then
        return;
      end if;
    end if;

    while cardinality(v_ctids) < max_jobs loop
      select p.priority, p.plain_starts, p.queued_run_at, p.queued_id, p.next_due
      into v_priority, v_plain_starts, v_queued_run_at, v_queued_id, v_round_due
      from @extschema@._private_next_priority(
        task_ids => v_task_ids, after_priority => v_priority, now => v_now,
        hint_priority => v_hint_priority, hint_run_at => after_run_at, hint_id => after_id
      ) as p;
      exit when v_priority is null;
      if v_is_guarded is null then
        v_is_guarded := @extschema@._private_must_guard();
        if v_is_guarded then
          select nullif(r.refused_ids, '{}'), r.refused_queue_ids into v_refused_ids, v_refused_queue_ids
          from @extschema@._private_refusals(with_due => false) as r;
        end if;
      end if;
      v_next_due := least(v_next_due, v_round_due);

      if v_plain_starts is not null then
        v_ctids := v_ctids || @extschema@._private_claim_plain(
          priority => v_priority::smallint, starts => v_plain_starts,
          last_run_at => coalesce(v_queued_run_at, v_now), last_id => coalesce(v_queued_id, 9223372036854775807),
          forbidden_flags => get_jobs.forbidden_flags, refused_ids => v_refused_ids,
          max_jobs => get_jobs.max_jobs - cardinality(v_ctids)
        );
      end if;

      if v_queued_id is not null and cardinality(v_ctids) < max_jobs then
        if v_paused_queue_ids is null then
          v_paused_queue_ids := v_refused_queue_ids || array(
            select q.id from @extschema@._private_paused_queues as p
            inner join @extschema@._private_job_queues as q on q.queue_name = p.queue_name
          );
        end if;
        v_turns := @extschema@._private_claim_turns(
          worker_id => get_jobs.worker_id, priority => v_priority::smallint, task_ids => v_task_ids, now => v_now,
          paused_queue_ids => v_paused_queue_ids, plain_starts => v_plain_starts,
          queued_run_at => v_queued_run_at, queued_id => v_queued_id,
          forbidden_flags => get_jobs.forbidden_flags, refused_ids => v_refused_ids,
          max_jobs => get_jobs.max_jobs - cardinality(v_ctids)
        );
        v_ctids := v_ctids || v_turns;
        if v_turns is not null then
          v_next_due := least(v_next_due, v_queued_run_at);
        else
          -- What is due is all behind queues that are locked or paused: nothing of it before a transaction ends.
          select least(v_next_due, d.run_at) into v_next_due
          from @extschema@._private_queued_due(
            task_ids => v_task_ids, priority => v_priority::smallint, after => v_now
          ) as d;
        end if;
      end if;
    end loop;

    -- Nothing is held back by a hint.
    if v_hint_priority is not null and cardinality(v_ctids) < max_jobs and v_task_ids is not null then
      v_ctids := v_ctids || @extschema@._private_claim_plain(
        priority => v_hint_priority,
        starts => array(
          select row(t.id, null, timestamptz '-infinity', 0)::@extschema@._private_position
          from unnest(v_task_ids) as t (id)
        ),
        last_run_at => least(after_run_at, v_now),
        last_id => case when after_run_at > v_now then 9223372036854775807 else after_id end,
        forbidden_flags => get_jobs.forbidden_flags, refused_ids => v_refused_ids,
        max_jobs => get_jobs.max_jobs - cardinality(v_ctids)
      );
    end if;
    if cardinality(v_ctids) = 0 then
      -- Not where something is due that others hold, or that this worker has to leave alone, or comes due otherwise.
      if v_look is not null and v_next_due > v_now and v_refused_ids is null then
        perform @extschema@._private_remember_nothing(look => v_look, next_due => v_next_due);
      end if;
      return;
    end if;

    -- Null where all that is due stood before the hint: nobody has looked what is refused.
    if coalesce(v_is_guarded, true) then
      v_claimed_ids := @extschema@._private_claim_guarded(worker_id => get_jobs.worker_id, ctids => v_ctids);
      if v_claimed_ids = '{}' and clock_timestamp() < v_began + interval '100 milliseconds' then
        v_priority := -32769; v_ctids := '{}'; v_is_guarded := true; v_paused_queue_ids := null;
        select nullif(r.refused_ids, '{}'), r.refused_queue_ids into v_refused_ids, v_refused_queue_ids
        from @extschema@._private_refusals(with_due => true) as r;
        continue claim;
      end if;
      return query select c.* from @extschema@._private_claimed_jobs(job_ids => v_claimed_ids) as c;
      return;
    end if;
    exit claim;
  end loop;
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
    v_task_identifiers[array_position(v_task_ids, c.task_id)], c.payload,
    case
      when c.job_queue_id is not null
        then (select q.queue_name from @extschema@._private_job_queues as q where q.id = c.job_queue_id)
    end,
    c.priority,
    -- Not every client language has dates as early as PostgreSQL.
    greatest(c.run_at, timestamptz '0001-01-02 00:00:00+00'),
    c.attempts, c.max_attempts, c.created_at, c.key, c.flags
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
one of them are left alone. now: what decides what is due; the server's clock when null, by which locks are dated.
A named queue never has two jobs claimed at once. A job of a queue that waits for its retry does not hold up those
behind it. Of tasks and queues that are paused (pause_task, pause_queue) nothing is claimed.

after_priority, after_run_at, after_id: a hint, all three or none: the position of the last job without a queue that the
worker claimed. Jobs at that priority before it are looked at last, and only while max_jobs are not full, which saves
reading past all that have come and gone where vacuum cannot remove them. A worker with a backlog gives it, and leaves
it out once per poll interval: a job may have been committed, or given back, before the position.

Where something on the jobs table, a trigger perhaps, refuses the claim of one job, the others are claimed all the same:
see list_refused_claims. Its queue, which is not left locked, waits for it.

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
