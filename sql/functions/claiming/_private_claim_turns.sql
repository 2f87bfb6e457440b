create or replace function @extschema@._private_claim_turns(
  worker_id text,
  priority smallint,
  task_ids integer[],
  paused_queue_ids integer[],
  plain_starts @extschema@._private_position[],
  queued_run_at timestamptz,
  queued_id bigint,
  forbidden_flags text[],
  refused_ids bigint[],
  now timestamptz,
  max_jobs integer,
  only_queues text[] default null,
  not_queues text[] default null,
  quotas integer[] default null,
  max_wide integer default null,
  is_thorough boolean default true
) returns tid[]
language plpgsql volatile
as $$
declare
  v_task_ids integer[] := task_ids;
  v_quotas integer[] := quotas;
  v_starts @extschema@._private_position[];
  v_ctids tid[];
  v_more tid[];
begin
  -- What is left of the jobs without a queue begins behind the first in a queue. Within quotas nothing was claimed yet.
  if plain_starts is not null then
    select
      array_agg(
        case
          when quotas is not null or (s.run_at, s.id) > (queued_run_at, queued_id) then s
          else row(s.task_id, null, queued_run_at, queued_id)::@extschema@._private_position
        end
      )
    into v_starts
    from unnest(plain_starts) as s;
  end if;
  if queued_id is not null then
    v_ctids := @extschema@._private_claim_queued(
      worker_id => _private_claim_turns.worker_id,
      priority => _private_claim_turns.priority,
      task_ids => _private_claim_turns.task_ids,
      paused_queue_ids => _private_claim_turns.paused_queue_ids,
      plain_starts => v_starts,
      forbidden_flags => _private_claim_turns.forbidden_flags,
      now => _private_claim_turns.now,
      max_jobs => _private_claim_turns.max_jobs,
      only_queues => _private_claim_turns.only_queues,
      not_queues => _private_claim_turns.not_queues,
      quotas => _private_claim_turns.quotas,
      max_wide => _private_claim_turns.max_wide,
      is_thorough => _private_claim_turns.is_thorough
    );
  end if;
  if cardinality(v_ctids) = max_jobs or (v_starts is null and (quotas is null or v_ctids is null)) then
    return v_ctids;
  end if;
  v_ctids := coalesce(v_ctids, '{}');

  if v_starts is not null and quotas is null then
    v_ctids := v_ctids || @extschema@._private_claim_plain(
      priority => _private_claim_turns.priority,
      starts => v_starts,
      last_run_at => _private_claim_turns.now,
      last_id => 9223372036854775807,
      forbidden_flags => _private_claim_turns.forbidden_flags,
      refused_ids => _private_claim_turns.refused_ids,
      max_jobs => _private_claim_turns.max_jobs - cardinality(v_ctids)
    );
  elsif v_starts is not null then
    select l.open_task_ids, l.open_quotas into v_task_ids, v_quotas
    from @extschema@._private_quotas_left(task_ids => v_task_ids, quotas => v_quotas, ctids => v_ctids) as l;
    v_ctids := v_ctids || @extschema@._private_claim_in_quotas(
      priority => _private_claim_turns.priority,
      starts => v_starts,
      task_ids => v_task_ids,
      quotas => v_quotas,
      last_run_at => _private_claim_turns.now,
      last_id => 9223372036854775807,
      forbidden_flags => _private_claim_turns.forbidden_flags,
      refused_ids => _private_claim_turns.refused_ids,
      max_jobs => _private_claim_turns.max_jobs - cardinality(v_ctids)
    );
  end if;
  -- What stood before them in the order may have been in the hands of others: then queues come in after all. And those
  -- behind the first ones, where of the task of these no more may be claimed.
  while queued_id is not null and cardinality(v_ctids) < max_jobs loop
    if quotas is not null then
      select l.open_task_ids, l.open_quotas into v_task_ids, v_quotas
      from @extschema@._private_quotas_left(
        task_ids => _private_claim_turns.task_ids, quotas => _private_claim_turns.quotas, ctids => v_ctids
      ) as l;
      exit when v_task_ids is null;
    end if;
    v_more := @extschema@._private_claim_queued(
      worker_id => _private_claim_turns.worker_id,
      priority => _private_claim_turns.priority,
      task_ids => v_task_ids,
      paused_queue_ids => _private_claim_turns.paused_queue_ids,
      plain_starts => null,
      forbidden_flags => _private_claim_turns.forbidden_flags,
      now => _private_claim_turns.now,
      max_jobs => _private_claim_turns.max_jobs - cardinality(v_ctids),
      only_queues => _private_claim_turns.only_queues,
      not_queues => _private_claim_turns.not_queues,
      quotas => v_quotas,
      max_wide => greatest(max_wide - cardinality(v_ctids), case when max_wide is not null then 0 end),
      is_thorough => _private_claim_turns.is_thorough
    );
    v_ctids := v_ctids || v_more;
    exit when quotas is null or coalesce(v_more, '{}') = '{}';
  end loop;
  return v_ctids;
end;
$$;

comment on function @extschema@._private_claim_turns(
  text, smallint, integer[], integer[], @extschema@._private_position[], timestamptz, bigint, text[], bigint[],
  timestamptz, integer, text[], text[], integer[], integer, boolean
) is
$$Internal. Claims at one priority where jobs in queues are due: by run_at and id those of free queues, one each, and
those without a queue. queued_run_at, queued_id: nothing in a queue comes before this, and what has no queue and does
has been claimed; null where nothing in a queue is due. plain_starts: where the jobs without a queue of each task begin;
null for none. only_queues, not_queues: see _private_takes_queue. quotas: no more of each of task_ids than this, null
for no bound; with these, nothing has been claimed before. max_wide, is_thorough: see
_private_claim_queued. Returns the positions of up to max_jobs jobs, locked for the
rest of the transaction. Null says more than an empty array: plain_starts was null, and as far as committed, no queue
that is free has a job that is due.
Locks: those job rows, and their queues for the worker, never waiting; see _private_claim_queued.$$;
