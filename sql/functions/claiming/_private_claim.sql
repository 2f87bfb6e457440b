create or replace function @extschema@._private_claim(
  worker_id text,
  task_identifiers text[],
  max_jobs integer,
  forbidden_flags text[],
  now timestamptz,
  after_priority integer,
  after_run_at timestamptz,
  after_id bigint,
  must_be_registered boolean,
  only_queues text[] default null,
  not_queues text[] default null,
  max_per_task integer[] default null,
  max_limited integer default null,
  out task_ids integer[],
  out task_names text[],
  out ctids tid[],
  out claimed_ids bigint[],
  out queue_ids integer[],
  out again_at timestamptz,
  out is_held_back boolean,
  out is_capped boolean
)
language plpgsql volatile
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
-- 7. Who meets what has expired fails some of it, and looks again, passing over what has no queue by its index: 300,000
--    of them cost a claim 5 ms. Sweeps do the rest.
-- 8. Who takes few queues goes to those by their names, whatever lies in others. Where a task has a bound, see how many
--    of each come first, and lock as many of each; at one priority both kinds take turns from the beginning.
-- 9. Where something is limited, see what has room, lock those limits, see again, and claim no more than that. What has
--    none is not looked at: 100,000 jobs behind a full limit cost a claim 0.2 ms.
-- 10. One update records it all: in worker_round, as another function would copy each row: 1 to 3 % of a claim of 500.
declare
  v_now timestamptz := coalesce(_private_claim.now, now());
  v_has_hint constant boolean :=
    after_priority between -32768 and 32767 and after_run_at is not null and after_id is not null;
  v_hint_priority smallint := case when v_has_hint then after_priority end;
  v_until constant timestamptz := clock_timestamp() + interval '100 milliseconds';
  v_may_claim boolean;
  v_takes_plain constant boolean := only_queues is null or '' = any(only_queues);
  v_takes_queued boolean := true;
  v_bounds record;
  v_only_queues text[];
  v_not_queues text[];
  v_most_per_task integer[];
  v_open_task_ids integer[];
  v_quotas integer[];
  v_may_expire boolean;
  v_met_expired boolean := false;
  v_skipped record;
  v_expired_task_ids integer[];
  v_expiries interval[];
  v_left record;
  v_taken_ids bigint[];
  v_is_guarded boolean;
  v_refused_ids bigint[];
  v_refused_queue_ids integer[];
  v_look text;
  v_priority integer := -32769;
  v_plain_starts @extschema@._private_position[];
  v_queued_run_at timestamptz;
  v_queued_id bigint;
  v_round_due timestamptz;
  v_next_due timestamptz := timestamptz 'infinity';
  v_paused_queue_ids integer[];
  v_turns tid[];
  v_limits_tasks boolean := false;
  v_limits_queues boolean := false;
  v_limits record;
  v_bounds_quotas integer[];
  v_is_missed boolean := false;
  v_limited_task_ids integer[];
  v_rated_task_ids integer[];
  v_weighed_task_ids integer[];
  v_roomy_task_ids integer[] := array[]::integer[];
  v_is_waiting boolean := false;
  v_max_wide integer;
  v_has_turns boolean := false;
  v_passed_priority integer;
  v_is_thorough boolean := true;
  v_limits_due timestamptz := timestamptz 'infinity';
  v_fit record;
begin
  ctids := '{}';
  is_held_back := false;
  is_capped := false;
  -- No lock on the worker's row: a sweep that comes just now is noticed at the next claim.
  select
    array_agg(t.id), array_agg(t.identifier),
    not must_be_registered or exists(
      select from @extschema@._private_workers as w
      where w.id = _private_claim.worker_id and not coalesce(w.metadata @> '{"swept": true}', false)
    )
  into task_ids, task_names, v_may_claim
  from @extschema@._private_tasks as t
  where
    t.identifier = any(
      coalesce(
        _private_claim.task_identifiers, array(select a.identifier from @extschema@._private_tasks as a)
      )
    )
    and not exists (
      select from @extschema@._private_paused_tasks as p
      where p.task_identifier = t.identifier and (p.until > v_now) is not false
    );
  -- The function with the messages only runs when there is something to say.
  if (worker_id <> '' and max_jobs between 1 and 1000000 and isfinite(v_now) and v_may_claim) is not true then
    perform @extschema@._private_check_claim(
      worker_id => _private_claim.worker_id, max_jobs => _private_claim.max_jobs, now => v_now, may_claim => v_may_claim
    );
  end if;
  if num_nonnulls(only_queues, not_queues, max_per_task) > 0 then
    v_bounds := @extschema@._private_claim_bounds(
      task_identifiers => _private_claim.task_identifiers, task_names => _private_claim.task_names,
      max_jobs => _private_claim.max_jobs, only_queues => _private_claim.only_queues,
      not_queues => _private_claim.not_queues, max_per_task => _private_claim.max_per_task
    );
    v_only_queues := v_bounds.only_patterns;
    v_not_queues := v_bounds.not_patterns;
    v_takes_queued := v_bounds.takes_queued;
    -- How many of each task this claim may take: a number per element of task_ids, null for no bound; null where no
    -- task has one, and then nothing below costs anything. What else bounds tasks lowers these numbers here. Of a task
    -- with 0 nothing is looked at, as if it were paused.
    v_most_per_task := v_bounds.quotas;
    v_bounds_quotas := v_bounds.quotas;
  end if;
  -- Null until any room was ever used: that costs less than a look at the table.
  if pg_sequence_last_value('@extschema@._private_rooms_used'::regclass) is not null then
    select
      coalesce(bool_or(r.room = 'task limits'), false), coalesce(bool_or(r.room = 'queue limits'), false)
    into v_limits_tasks, v_limits_queues
    from @extschema@._private_rooms as r;
    v_max_wide := case when v_limits_queues then coalesce(max_limited, 1000000) end;
    v_is_thorough := not v_limits_queues;
  end if;
  <<claim>>
  loop
    v_open_task_ids := task_ids;
    if v_most_per_task is not null then
      select l.open_task_ids, l.open_quotas into v_open_task_ids, v_quotas
      from @extschema@._private_quotas_left(
        task_ids => _private_claim.task_ids, quotas => v_most_per_task, ctids => _private_claim.ctids
      ) as l;
      -- What stands before the hint of such a task was not claimed: it had its fill then.
      if v_quotas is not null then
        v_hint_priority := null;
      end if;
    end if;
    -- Where no transaction has ended since this session found nothing, the same rows would be read again.
    if v_hint_priority is null then
      v_look := @extschema@._private_look(
        task_ids => v_open_task_ids, only_queues => _private_claim.only_queues,
        not_queues => _private_claim.not_queues
      );
      if @extschema@._private_saw_nothing(look => v_look, now => v_now) then
        return;
      end if;
    end if;

    if v_limits_tasks then
      v_limits := @extschema@._private_lock_limits(
        task_ids => _private_claim.task_ids, now => v_now, max_limited => _private_claim.max_limited,
        is_waiting => v_is_waiting
      );
      -- Once: from here on they are this transaction's.
      v_limits_tasks := false;
      v_limited_task_ids := v_limits.limited_task_ids;
      v_rated_task_ids := v_limits.rated_task_ids;
      v_weighed_task_ids := v_limits.weighed_task_ids;
      if v_limited_task_ids is not null then
        v_limits_due := least(v_limits_due, v_limits.next_due, v_limits.again_at);
        v_next_due := least(v_next_due, v_limits_due);
        again_at := v_limits.again_at;
        v_is_missed := v_limits.is_missed;
        is_held_back := v_limits.is_held_back or v_is_missed;
        is_capped := v_is_missed and coalesce(max_limited <= 0, false);
        v_most_per_task := array(
          select least(m.quota, m.room, case when m.room is not null then max_limited end)
          from unnest(v_most_per_task, v_limits.rooms) with ordinality as m (quota, room, ordinal)
          order by m.ordinal
        );
        select l.open_task_ids, l.open_quotas into v_open_task_ids, v_quotas
        from @extschema@._private_quotas_left(
          task_ids => _private_claim.task_ids, quotas => v_most_per_task, ctids => _private_claim.ctids
        ) as l;
        if v_quotas is not null then
          v_hint_priority := null;
        end if;
        v_roomy_task_ids := array(
          select t.id from unnest(v_open_task_ids) as t (id) where t.id = any(v_limited_task_ids)
        );
      end if;
    end if;

    while cardinality(ctids) < max_jobs loop
      if v_takes_plain then
        select p.priority, p.plain_starts, p.queued_run_at, p.queued_id, p.next_due
        into v_priority, v_plain_starts, v_queued_run_at, v_queued_id, v_round_due
        from @extschema@._private_next_priority(
          task_ids => v_open_task_ids, after_priority => v_priority, now => v_now,
          hint_priority => v_hint_priority, hint_run_at => after_run_at, hint_id => after_id
        ) as p;
      else
        select p.priority, p.plain_starts, p.queued_run_at, p.queued_id, p.next_due
        into v_priority, v_plain_starts, v_queued_run_at, v_queued_id, v_round_due
        from @extschema@._private_next_queued_priority(
          task_ids => v_open_task_ids, after_priority => v_priority, now => v_now
        ) as p;
      end if;
      exit when v_priority is null;
      if not v_takes_queued then
        v_queued_run_at := null;
        v_queued_id := null;
      end if;
      if v_is_guarded is null then
        select h.is_guarded, h.may_expire into v_is_guarded, v_may_expire
        from @extschema@._private_claim_hazards() as h;
        if v_is_guarded then
          select nullif(r.refused_ids, '{}'), r.refused_queue_ids into v_refused_ids, v_refused_queue_ids
          from @extschema@._private_refusals(with_due => false) as r;
        end if;
      end if;
      v_next_due := least(v_next_due, v_round_due);

      if v_plain_starts is not null and v_met_expired then
        v_skipped := @extschema@._private_skip_expired(starts => v_plain_starts, now => v_now);
        v_plain_starts := v_skipped.kept_starts;
        v_expired_task_ids := v_expired_task_ids || v_skipped.task_ids;
        v_expiries := v_expiries || v_skipped.expiries;
      end if;
      if v_plain_starts is not null and v_quotas is null then
        ctids := ctids || @extschema@._private_claim_plain(
          priority => v_priority::smallint, starts => v_plain_starts,
          last_run_at => coalesce(v_queued_run_at, v_now), last_id => coalesce(v_queued_id, 9223372036854775807),
          forbidden_flags => _private_claim.forbidden_flags, refused_ids => v_refused_ids || v_taken_ids,
          max_jobs => _private_claim.max_jobs - cardinality(ctids)
        );
      end if;

      if (v_queued_id is not null or v_quotas is not null) and cardinality(ctids) < max_jobs then
        if v_paused_queue_ids is null then
          v_paused_queue_ids := v_refused_queue_ids || array(
            select q.id from @extschema@._private_paused_queues as p
            inner join @extschema@._private_job_queues as q on q.queue_name = p.queue_name
            where (p.until > v_now) is not false
          );
        end if;
        v_turns := @extschema@._private_claim_turns(
          worker_id => _private_claim.worker_id, priority => v_priority::smallint,
          task_ids => v_open_task_ids, now => v_now, paused_queue_ids => v_paused_queue_ids,
          plain_starts => v_plain_starts, queued_run_at => v_queued_run_at, queued_id => v_queued_id,
          forbidden_flags => _private_claim.forbidden_flags, refused_ids => v_refused_ids || v_taken_ids,
          max_jobs => _private_claim.max_jobs - cardinality(ctids),
          only_queues => v_only_queues, not_queues => v_not_queues, quotas => v_quotas, max_wide => v_max_wide,
          is_thorough => v_is_thorough
        );
        -- Some of it may be limited, and have had to wait for a slot.
        is_capped := is_capped or coalesce(v_max_wide <= 0 and v_turns is not null and v_is_thorough, false);
        v_has_turns := v_has_turns or coalesce(v_turns <> '{}', false);
        ctids := ctids || v_turns;
        v_max_wide := greatest(v_max_wide - coalesce(cardinality(v_turns), 0), case when v_limits_queues then 0 end);
        if v_quotas is not null then
          select l.open_task_ids, l.open_quotas into v_open_task_ids, v_quotas
          from @extschema@._private_quotas_left(
            task_ids => v_open_task_ids, quotas => v_quotas, ctids => v_turns
          ) as l;
        end if;
        if v_turns is not null then
          v_next_due := least(v_next_due, v_queued_run_at);
        else
          -- What is due is all behind queues that are locked or paused: nothing of it before a transaction ends.
          select least(v_next_due, d.run_at) into v_next_due
          from @extschema@._private_queued_due(
            task_ids => v_open_task_ids, priority => v_priority::smallint, after => v_now
          ) as d;
        end if;
        if v_limits_queues and v_turns is not null then
          v_passed_priority := coalesce(v_passed_priority, v_priority);
        end if;
      end if;
    end loop;

    -- Nothing is held back by a hint.
    if v_hint_priority is not null and v_takes_plain and cardinality(ctids) < max_jobs and task_ids is not null then
      ctids := ctids || @extschema@._private_claim_plain(
        priority => v_hint_priority,
        starts => array(
          select row(t.id, null, timestamptz '-infinity', 0)::@extschema@._private_position
          from unnest(v_open_task_ids) as t (id)
        ),
        last_run_at => least(after_run_at, v_now),
        last_id => case when after_run_at > v_now then 9223372036854775807 else after_id end,
        forbidden_flags => _private_claim.forbidden_flags, refused_ids => v_refused_ids || v_taken_ids,
        max_jobs => _private_claim.max_jobs - cardinality(ctids)
      );
    end if;
    -- Not where all that is limited was left alone: what else was claimed is not read again.
    if
      cardinality(ctids) > 0 and (v_roomy_task_ids <> '{}' or v_limits_queues and v_has_turns)
      and num_nonnulls(max_limited, v_weighed_task_ids) > 0
    then
      v_fit := @extschema@._private_fit_limits(
        limited_task_ids => v_limited_task_ids, weighed_task_ids => v_weighed_task_ids,
        limits_queues => v_limits_queues, ctids => _private_claim.ctids, max_limited => _private_claim.max_limited
      );
      again_at := least(again_at, v_fit.again_at);
      if cardinality(v_fit.kept_ctids) < cardinality(ctids) then
        ctids := v_fit.kept_ctids;
        perform @extschema@._private_unlock_queues(
          worker_id => _private_claim.worker_id, queue_ids => v_fit.left_queue_ids
        )
        where v_fit.left_queue_ids is not null;
        is_held_back := true;
        is_capped := is_capped or v_fit.is_capped;
        v_most_per_task := array(
          select case when t.id = any(v_fit.closed_task_ids) then 0 else t.quota end
          from unnest(task_ids, v_most_per_task) with ordinality as t (id, quota, ordinal)
          order by t.ordinal
        );
        -- What is left out makes room for others.
        v_priority := -32769;
        v_paused_queue_ids := coalesce(v_paused_queue_ids || v_fit.left_queue_ids, v_paused_queue_ids);
        v_taken_ids := array(
          select j.id from @extschema@._private_jobs as j where j.ctid = any(_private_claim.ctids)
        );
        continue claim;
      end if;
      is_capped := is_capped or v_fit.is_capped;
    end if;
    -- What has been filled up is likely to have more.
    is_held_back := is_held_back or not v_roomy_task_ids <@ coalesce(v_open_task_ids, '{}');
    -- Null where all that is due stood before the hint, here and below: nobody has looked yet.
    if coalesce(v_may_expire, true) and (cardinality(ctids) > 0 or v_expired_task_ids is not null) then
      v_left := @extschema@._private_leave_expired(
        worker_id => _private_claim.worker_id, ctids => _private_claim.ctids, now => v_now,
        skipped_task_ids => v_expired_task_ids, skipped_expiries => v_expiries,
        until => case when v_met_expired then v_until else timestamptz '-infinity' end
      );
      v_expired_task_ids := null; v_expiries := null;
      -- A short answer would say that there is nothing else.
      if cardinality(v_left.kept_ctids) < cardinality(ctids) and clock_timestamp() < v_until then
        ctids := v_left.kept_ctids; v_priority := -32769; v_met_expired := true;
        v_paused_queue_ids := v_paused_queue_ids || v_left.queue_ids;
        v_taken_ids := array(
          select j.id from @extschema@._private_jobs as j where j.ctid = any(_private_claim.ctids)
        );
        continue claim;
      end if;
      ctids := v_left.kept_ctids;
    end if;
    -- Others may have left something; they are done within milliseconds.
    if cardinality(ctids) = 0 and v_is_missed and not is_capped and not v_is_waiting then
      v_is_waiting := true; v_limits_tasks := true; v_priority := -32769; v_most_per_task := v_bounds_quotas;
      continue claim;
    end if;
    -- Nothing else to do: all queues, if few are free among many that are full.
    if cardinality(ctids) = 0 and not v_is_thorough then
      v_is_thorough := true; v_priority := -32769; v_next_due := v_limits_due; v_passed_priority := null;
      continue claim;
    end if;
    -- Whoever was not given all he asked for does not ask again before that.
    if cardinality(ctids) < max_jobs then
      if v_is_missed and not is_capped then
        again_at := least(again_at, clock_timestamp() + interval '50 milliseconds');
      elsif not is_capped and v_passed_priority is not null and v_open_task_ids is not null then
        -- What others were just claiming may have left room.
        again_at := least(
          again_at,
          @extschema@._private_queues_again_at(
            priority => v_passed_priority::smallint, task_ids => v_open_task_ids,
            paused_queue_ids => v_paused_queue_ids, forbidden_flags => _private_claim.forbidden_flags, now => v_now,
            only_queues => v_only_queues, not_queues => v_not_queues, is_thorough => v_is_thorough
          )
        );
      end if;
      if
        cardinality(ctids) = 0 or v_limits_queues or v_paused_queue_ids <> '{}'
        or cardinality(task_ids) is distinct from cardinality(task_identifiers)
      then
        again_at := least(
          again_at,
          @extschema@._private_opens_at(
            limits_queues => v_limits_queues, since => v_until - interval '100 milliseconds', now => v_now
          )
        );
      end if;
    end if;
    if cardinality(ctids) = 0 then
      v_next_due := least(v_next_due, again_at);
      -- Not where something is due that others hold, or that this worker has to leave alone, or comes due otherwise.
      if v_look is not null and v_next_due > v_now and v_refused_ids is null and not is_capped then
        perform @extschema@._private_remember_nothing(look => v_look, next_due => v_next_due);
      end if;
      return;
    end if;

    if coalesce(v_is_guarded, true) then
      claimed_ids := @extschema@._private_claim_guarded(
        worker_id => _private_claim.worker_id, ctids => _private_claim.ctids
      );
      if claimed_ids = '{}' and clock_timestamp() < v_until then
        v_priority := -32769; ctids := '{}'; v_taken_ids := null; v_is_guarded := true; v_paused_queue_ids := null;
        select nullif(r.refused_ids, '{}'), r.refused_queue_ids into v_refused_ids, v_refused_queue_ids
        from @extschema@._private_refusals(with_due => true) as r;
        continue claim;
      end if;
    end if;
    exit claim;
  end loop;
  if v_rated_task_ids && v_roomy_task_ids or v_limits_queues and v_has_turns then
    select s.queue_ids, least(_private_claim.again_at, s.again_at) into queue_ids, again_at
    from @extschema@._private_count_starts(
      rated_task_ids => v_rated_task_ids, limits_queues => v_limits_queues, ctids => _private_claim.ctids,
      claimed_ids => _private_claim.claimed_ids
    ) as s;
  end if;
end;
$$;

comment on function @extschema@._private_claim(
  text, text[], integer, text[], timestamptz, integer, timestamptz, bigint, boolean, text[], text[], integer[],
  integer
) is
$$Internal. Chooses and locks up to max_jobs jobs for a worker, and their queues. The arguments are those of
worker_round, which calls it with the settings that its plans need. task_ids, task_names: the tasks that were looked at,
in one order. ctids: the positions of the jobs, which are still to be updated; unless claimed_ids is not null, the jobs
that are claimed already: where something may refuse that. queue_ids: for _private_settle_held_queues, once they are;
null for none. again_at: when there is something to claim that nobody notifies of: a rate leaves room, a pause ends.
is_held_back: whether something due waits for a limit; is_capped: whether max_limited has kept it back.
Locks: limits; those job rows and their queues; buckets; never waiting for anyone, but for a limit, 50 ms at most, where
nothing else comes of it. Errors: GWBWI, GWBLM, GWBTI, GWNRG, GWBPT, GWBAL, GWISO.$$;
