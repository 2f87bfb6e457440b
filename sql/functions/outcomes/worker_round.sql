create or replace function @extschema@.worker_round(
  worker_id text,
  completed bigint[] default null,
  failed bigint[] default null,
  error_messages text[] default null,
  replacement_payloads text[] default null,
  failed_at timestamptz[] default null,
  returned bigint[] default null,
  interrupted bigint[] default null,
  interrupted_delay interval default '30 seconds',
  task_identifiers text[] default null,
  max_jobs integer default 1,
  forbidden_flags text[] default null,
  now timestamptz default now(),
  after_priority integer default null,
  after_run_at timestamptz default null,
  after_id bigint default null,
  must_be_registered boolean default false,
  retry_ats timestamptz[] default null,
  given_up boolean[] default null,
  returned_run_ats timestamptz[] default null,
  failed_tries integer default 0,
  only_queues text[] default null,
  not_queues text[] default null,
  max_per_task integer[] default null,
  max_limited integer default null
) returns table (
  kind text,
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
  flags jsonb,
  error text
)
language plpgsql volatile rows 10 security definer
set search_path = pg_catalog, pg_temp
-- Statistics of a table that fills and drains are always out of date; what is right here is always the index in claim
-- order, and the primary key for ids: only a scan of it visits the rows in id order. It holds for the functions called
-- from here, too.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
-- One call and one answer, in which only what is worth saying has a row: to hand in 500 jobs and claim 500 takes 0.9 of
-- the processor time of complete_jobs and get_jobs in one transaction, as fast where it is one job each.
declare
  v_now constant timestamptz := coalesce(worker_round.now, now());
  v_handed_in constant bigint[] := completed || failed || returned || interrupted;
  v_taken record;
  v_taken_ids bigint[];
  v_retried_ids bigint[];
  v_failed_ids bigint[];
  v_bad_ids bigint[];
  v_errors text[];
  v_claim record;
  v_freed_task_ids integer[];
  v_freed_queue_ids integer[];
begin
  if v_handed_in is not null then
    if
      pg_sequence_last_value('@extschema@._private_rooms_used'::regclass) is not null
      and exists (select from @extschema@._private_rooms as r where r.room in ('task limits', 'queue limits'))
    then
      select l.task_ids, l.queue_ids into v_freed_task_ids, v_freed_queue_ids
      from @extschema@._private_limited_among(job_ids => v_handed_in) as l;
    end if;
    -- Functions with messages only run when there is something to say, or failures.
    if
      (
        worker_id <> '' and failed is null and returned_run_ats is null
        and (interrupted is null or interrupted_delay between interval '0' and interval '1000 years')
      ) is not true
    then
      perform @extschema@._private_check_worker_id(worker_id => worker_round.worker_id);
      if interrupted is not null then
        perform @extschema@._private_check_interval(name => 'interrupted_delay', value => interrupted_delay);
      end if;
      perform @extschema@._private_check_failures(
        job_ids => failed, error_messages => worker_round.error_messages,
        payload_count => cardinality(replacement_payloads), failed_at => worker_round.failed_at,
        retry_ats => worker_round.retry_ats, given_up => worker_round.given_up
      );
      if returned_run_ats is not null then
        perform @extschema@._private_check_run_ats(job_ids => returned, run_ats => returned_run_ats);
      end if;
    end if;
    -- A trigger that is deferred would raise at the commit, and take back all. Out here it is the caller's own.
    set constraints all immediate;
    -- One kind of outcome after another would meet the rows out of order.
    if num_nonnulls(completed, failed, returned, interrupted) > 1 then
      perform from @extschema@._private_jobs as j
      where j.id = any(v_handed_in) and j.locked_by = worker_round.worker_id
      order by j.id
      for update;
      -- So would those of queues, which others hand in to as well where they are wide.
      perform from @extschema@._private_job_queues as q
      where
        q.id = any(
          array(
            select j.job_queue_id from @extschema@._private_jobs as j
            where j.id = any(v_handed_in) and j.locked_by = worker_round.worker_id and j.job_queue_id is not null
          )
        )
      order by q.id
      for no key update;
    end if;
    begin
      if cardinality(completed) = cardinality(v_handed_in) then
        -- The common case.
        v_taken_ids := @extschema@._private_complete(
          worker_id => worker_round.worker_id, job_ids => worker_round.completed
        );
        if cardinality(v_taken_ids) is distinct from cardinality(completed) then
          perform @extschema@._private_check_taken(worker_id => worker_round.worker_id, job_ids => completed);
        end if;
      else
        v_taken := @extschema@._private_hand_in(
          worker_id => worker_round.worker_id, completed => worker_round.completed, failed => worker_round.failed,
          error_messages => worker_round.error_messages, replacement_payloads => worker_round.replacement_payloads,
          failed_at => worker_round.failed_at, returned => worker_round.returned,
          interrupted => worker_round.interrupted, interrupted_delay => worker_round.interrupted_delay, now => v_now,
          retry_ats => worker_round.retry_ats, given_up => worker_round.given_up,
          returned_run_ats => worker_round.returned_run_ats
        );
        v_taken_ids := v_taken.taken_ids;
        v_retried_ids := v_taken.retried_ids;
        v_failed_ids := v_taken.failed_ids;
      end if;
    exception
      when others or assert_failure then
        if
          @extschema@._private_may_pass(sqlstate)
          and not (coalesce(failed_tries, 0) >= 5 and @extschema@._private_is_collision(sqlstate))
        then
          raise;
        end if;
        v_taken := @extschema@._private_hand_in_apart(
          worker_id => worker_round.worker_id, completed => worker_round.completed, failed => worker_round.failed,
          error_messages => worker_round.error_messages, replacement_payloads => worker_round.replacement_payloads,
          failed_at => worker_round.failed_at, returned => worker_round.returned,
          interrupted => worker_round.interrupted, interrupted_delay => worker_round.interrupted_delay, now => v_now,
          retry_ats => worker_round.retry_ats, given_up => worker_round.given_up,
          returned_run_ats => worker_round.returned_run_ats, failed_tries => worker_round.failed_tries
        );
        v_taken_ids := v_taken.taken_ids;
        v_retried_ids := v_taken.retried_ids;
        v_failed_ids := v_taken.failed_ids;
        v_bad_ids := v_taken.bad_ids;
        v_errors := v_taken.errors;
    end;
    if
      cardinality(v_taken_ids) is distinct from cardinality(v_handed_in)
      or v_retried_ids is not null or v_failed_ids is not null
    then
      for kind, id, error in
        select case when o.kind = 'lost' and b.id is not null then 'refused' else o.kind end, o.id, b.error
        from (
          select 'retry' as kind, r.id from unnest(v_retried_ids) as r (id)
          union all
          select 'failed', f.id from unnest(v_failed_ids) as f (id)
          union all
          (
            select 'lost', h.id from unnest(v_handed_in) as h (id) where h.id is not null
            except
            select 'lost', t.id from unnest(v_taken_ids) as t (id)
          )
        ) as o
        left join unnest(v_bad_ids, v_errors) as b (id, error) on b.id = o.id
      loop
        return next;
      end loop;
    end if;
  end if;
  if max_jobs = 0 then
    if v_freed_task_ids is not null or v_freed_queue_ids is not null then
      perform @extschema@._private_wake_limited(task_ids => v_freed_task_ids, queue_ids => v_freed_queue_ids);
    end if;
    return;
  end if;

  v_claim := @extschema@._private_claim(
    worker_id => worker_round.worker_id, task_identifiers => worker_round.task_identifiers,
    max_jobs => worker_round.max_jobs, forbidden_flags => worker_round.forbidden_flags, now => v_now,
    after_priority => worker_round.after_priority, after_run_at => worker_round.after_run_at,
    after_id => worker_round.after_id, must_be_registered => worker_round.must_be_registered,
    only_queues => worker_round.only_queues, not_queues => worker_round.not_queues,
    max_per_task => worker_round.max_per_task, max_limited => worker_round.max_limited
  );
  if v_claim.claimed_ids is not null then
    return query
    select
      'job', c.id, c.task_identifier, c.payload, c.queue_name, c.priority, c.run_at, c.attempts, c.max_attempts,
      c.created_at, c.key, c.flags, null::text
    from @extschema@._private_claimed_jobs(job_ids => v_claim.claimed_ids) as c;
  -- An update of no row would run triggers for each statement.
  elsif v_claim.ctids <> '{}' then
    return query
    with claimed as (
      update @extschema@._private_jobs as j
      set attempts = j.attempts + 1, locked_by = worker_round.worker_id, locked_at = now()
      where j.ctid = any(v_claim.ctids)
      returning
        j.id, j.task_id, j.payload, j.job_queue_id, j.priority, j.run_at, j.attempts, j.max_attempts, j.created_at,
        j.key, j.flags
    )

    select
      'job',
      c.id,
      -- Not a join, which could be planned to read every task and queue there is.
      v_claim.task_names[array_position(v_claim.task_ids, c.task_id)], c.payload,
      case
        when c.job_queue_id is not null
          then (select q.queue_name from @extschema@._private_job_queues as q where q.id = c.job_queue_id)
      end,
      c.priority,
      -- Not every client language has dates as early as PostgreSQL.
      greatest(c.run_at, timestamptz '0001-01-02 00:00:00+00'),
      c.attempts, c.max_attempts, c.created_at, c.key, c.flags, null::text
    from claimed as c
    order by c.priority, c.run_at, c.id;
  end if;

  if v_claim.queue_ids is not null then
    perform @extschema@._private_settle_held_queues(worker_id => null, queue_ids => v_claim.queue_ids);
  end if;
  if v_freed_task_ids is not null or v_freed_queue_ids is not null then
    perform @extschema@._private_wake_limited(task_ids => v_freed_task_ids, queue_ids => v_freed_queue_ids);
  end if;
  if v_claim.is_held_back or v_claim.is_capped or v_claim.again_at is not null then
    return query
    select
      a.kind, null::bigint, null::text, null::json, null::text, null::smallint, a.run_at, null::smallint,
      null::smallint, clock_timestamp(), null::text, null::jsonb, null::text
    from (values ('again', v_claim.again_at, true), ('idle', null, v_claim.is_capped)) as a (kind, run_at, is_so)
    where a.is_so;
  end if;
end;
$$;

comment on function @extschema@.worker_round(
  text, bigint[], bigint[], text[], text[], timestamptz[], bigint[], bigint[], interval, text[], integer, text[],
  timestamptz, integer, timestamptz, bigint, boolean, timestamptz[], boolean[], timestamptz[], integer, text[], text[],
  integer[], integer
) is
$$Hands in what became of a worker's jobs and claims new ones, in one call. All a worker needs but heartbeats, and
resume_worker after a lost connection. Give arguments by their names: a later release may have more of them.

completed: ids of jobs that are done (see complete_jobs). failed, error_messages, replacement_payloads, failed_at,
retry_ats, given_up: those that failed (fail_jobs; a payload is JSON as text). returned: those not started, free again
at once, or at their returned_run_ats; interrupted: those that were cut off, free again after interrupted_delay; of
neither the attempt is counted (return_jobs). All may be null.
task_identifiers, forbidden_flags, now, after_priority, after_run_at, after_id, must_be_registered, only_queues,
not_queues, max_per_task, max_limited: what to claim, see get_jobs; max_jobs: how many at most, 0 for none.

Returns rows of several kinds; a later release may have more, which are to be ignored:

- job: one that was claimed, in the order to start them;
- retry, failed: the job id has failed and will be tried again, or is out of attempts;
- lost: id was not this worker's any more, somebody unlocked or recovered it: its outcome is not recorded;
- refused: the database refuses to record an outcome of id, which stays locked in this worker's name: error says why;
- again: something that is due waits for a limit, or a pause that ends: ask again with the next jobs that are handed in,
  and at run_at, if it is not null, which nothing notifies of; created_at is the instant by the same clock;
- idle: and some of it could start now, but for max_limited: ask again once slots are idle.

Of what was completed or given back as it should there is no row. Where the database refuses one outcome, by a trigger
or a constraint perhaps, the others are recorded all the same, and that job fails, with a message that says why: its row
of kind retry or failed has the error, too. For that deferred constraints are checked at once, here and for the rest of
the transaction. What is no job's fault, such as a deadlock, is raised, and nothing is done: call again, with
failed_tries, how often the same call has failed: after five tries it is taken for the fault of one job, a trigger's
perhaps. Safe to repeat. Locks: job rows in id order, then queue rows; then see get_jobs. Errors: GWBWI, GWBDU, GWBAL,
GWBLM, GWBTI, GWNRG, GWBPT, GWISO.$$;

-- PostgreSQL 12 has neither incremental sort nor the setting.
do $do$
begin
  if current_setting('server_version_num')::integer >= 130000 then
    alter function @extschema@.worker_round(
      text, bigint[], bigint[], text[], text[], timestamptz[], bigint[], bigint[], interval, text[], integer, text[],
      timestamptz, integer, timestamptz, bigint, boolean, timestamptz[], boolean[], timestamptz[], integer, text[],
      text[], integer[], integer
    ) set enable_incremental_sort = off;
  end if;
end;
$do$;
