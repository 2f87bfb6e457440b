create or replace function @extschema@._private_hand_in(
  worker_id text,
  completed bigint[] default null,
  failed bigint[] default null,
  error_messages text[] default null,
  replacement_payloads text[] default null,
  failed_at timestamptz[] default null,
  returned bigint[] default null,
  interrupted bigint[] default null,
  interrupted_delay interval default '0',
  now timestamptz default now(),
  retry_ats timestamptz[] default null,
  given_up boolean[] default null,
  returned_run_ats timestamptz[] default null,
  out taken_ids bigint[],
  out retried_ids bigint[],
  out failed_ids bigint[]
)
language plpgsql volatile
as $$
begin
  if completed is not null then
    taken_ids := @extschema@._private_complete(worker_id => _private_hand_in.worker_id, job_ids => completed);
    if cardinality(taken_ids) is distinct from cardinality(completed) then
      perform @extschema@._private_check_taken(worker_id => _private_hand_in.worker_id, job_ids => completed);
    end if;
  end if;
  if failed is not null then
    select array_agg(f.id) filter (where f.will_retry), array_agg(f.id) filter (where not f.will_retry)
    into retried_ids, failed_ids
    from @extschema@.fail_jobs(
      worker_id => _private_hand_in.worker_id, job_ids => failed,
      error_messages => _private_hand_in.error_messages,
      -- Here, where what is no JSON spoils nothing but its own outcome.
      replacement_payloads => _private_hand_in.replacement_payloads::json[], failed_at => _private_hand_in.failed_at,
      retry_ats => _private_hand_in.retry_ats, given_up => _private_hand_in.given_up
    ) as f;
    taken_ids := taken_ids || retried_ids || failed_ids;
  end if;
  if returned is not null then
    taken_ids := taken_ids || array(
      select r.id
      from @extschema@.return_jobs(
        worker_id => _private_hand_in.worker_id, job_ids => returned, run_ats => returned_run_ats
      ) as r (id)
    );
  end if;
  if interrupted is not null then
    taken_ids := taken_ids || array(
      select r.id
      from @extschema@.return_jobs(
        worker_id => _private_hand_in.worker_id, job_ids => interrupted, delay => interrupted_delay,
        now => _private_hand_in.now
      ) as r (id)
    );
  end if;
  if num_nonnulls(failed, returned, interrupted) > 0 then
    perform @extschema@._private_check_taken(
      worker_id => _private_hand_in.worker_id, job_ids => failed || returned || interrupted
    );
  end if;
end;
$$;

comment on function @extschema@._private_hand_in(
  text, bigint[], bigint[], text[], text[], timestamptz[], bigint[], bigint[], interval, timestamptz,
  timestamptz[], boolean[], timestamptz[]
) is
$$Internal. Hands in what became of jobs, all or nothing; the arguments are those of worker_round, null for none.
Returns the ids that were still this worker's, and which of them have failed: with a retry to come, and for good.
Raises what a trigger or constraint raises, and when something leaves a row as it is.
Locks: see complete_jobs, fail_jobs and return_jobs, in this order.$$;
