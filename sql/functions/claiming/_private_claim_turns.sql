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
  max_jobs integer
) returns tid[]
language plpgsql volatile
as $$
declare
  v_starts @extschema@._private_position[];
  v_ctids tid[];
begin
  -- What is left of the jobs without a queue begins behind the first in a queue.
  if plain_starts is not null then
    select
      array_agg(
        case
          when (s.run_at, s.id) > (queued_run_at, queued_id) then s
          else row(s.task_id, null, queued_run_at, queued_id)::@extschema@._private_position
        end
      )
    into v_starts
    from unnest(plain_starts) as s;
  end if;
  v_ctids := @extschema@._private_claim_queued(
    worker_id => _private_claim_turns.worker_id,
    priority => _private_claim_turns.priority,
    task_ids => _private_claim_turns.task_ids,
    paused_queue_ids => _private_claim_turns.paused_queue_ids,
    plain_starts => v_starts,
    forbidden_flags => _private_claim_turns.forbidden_flags,
    now => _private_claim_turns.now,
    max_jobs => _private_claim_turns.max_jobs
  );
  if v_starts is null or cardinality(v_ctids) = max_jobs then
    return v_ctids;
  end if;

  v_ctids := coalesce(v_ctids, '{}') || @extschema@._private_claim_plain(
    priority => _private_claim_turns.priority,
    starts => v_starts,
    last_run_at => _private_claim_turns.now,
    last_id => 9223372036854775807,
    forbidden_flags => _private_claim_turns.forbidden_flags,
    refused_ids => _private_claim_turns.refused_ids,
    max_jobs => _private_claim_turns.max_jobs - coalesce(cardinality(v_ctids), 0)
  );
  -- What stood before them in the order may have been in the hands of others: then queues come in after all.
  if cardinality(v_ctids) < max_jobs then
    v_ctids := v_ctids || @extschema@._private_claim_queued(
      worker_id => _private_claim_turns.worker_id,
      priority => _private_claim_turns.priority,
      task_ids => _private_claim_turns.task_ids,
      paused_queue_ids => _private_claim_turns.paused_queue_ids,
      plain_starts => null,
      forbidden_flags => _private_claim_turns.forbidden_flags,
      now => _private_claim_turns.now,
      max_jobs => _private_claim_turns.max_jobs - cardinality(v_ctids)
    );
  end if;
  return v_ctids;
end;
$$;

comment on function @extschema@._private_claim_turns(
  text, smallint, integer[], integer[], @extschema@._private_position[], timestamptz, bigint, text[], bigint[],
  timestamptz, integer
) is
$$Internal. Claims at one priority where jobs in queues are due: by run_at and id those of free queues, one each, and
those without a queue. queued_run_at, queued_id: nothing in a queue comes before this, and what has no queue and does
has been claimed. plain_starts: where the jobs without a queue of each task begin; null for none. Returns the positions
of up to max_jobs jobs, locked for the rest of the transaction. Null says more than an empty array: plain_starts was
null, and as far as committed, no queue that is free has a job that is due.
Locks: those job rows, and their queues for the worker, never waiting; see _private_claim_queued.$$;
