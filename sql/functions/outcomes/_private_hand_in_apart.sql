create or replace function @extschema@._private_hand_in_apart(
  worker_id text,
  completed bigint[],
  failed bigint[],
  error_messages text[],
  replacement_payloads text[],
  failed_at timestamptz[],
  returned bigint[],
  interrupted bigint[],
  interrupted_delay interval,
  now timestamptz,
  retry_ats timestamptz[] default null,
  given_up boolean[] default null,
  returned_run_ats timestamptz[] default null,
  failed_tries integer default 0,
  out taken_ids bigint[],
  out retried_ids bigint[],
  out failed_ids bigint[],
  out bad_ids bigint[],
  out errors text[]
)
language plpgsql volatile
as $$
declare
  -- What this worker does not hold is lost, whatever may be wrong with it.
  v_held_ids constant bigint[] := array(
    select j.id
    from @extschema@._private_jobs as j
    where
      j.id = any(completed || failed || returned || interrupted)
      and j.locked_by = _private_hand_in_apart.worker_id
    order by j.id
    for update
  );
  v_outcome record;
  v_taken record;
  v_error text;
begin
  for v_outcome in
    select distinct on (o.id)
      o.*,
      case when o.kind in ('completed', 'failed') then 2 else 1 end as tries
    from (
      select
        f.id, 'failed' as kind, f.error_message, f.replacement_payload, f.failed_at, f.run_at, f.is_given_up
      from unnest(
        failed, _private_hand_in_apart.error_messages, replacement_payloads, _private_hand_in_apart.failed_at,
        retry_ats, given_up
      ) as f (id, error_message, replacement_payload, failed_at, run_at, is_given_up)
      union all
      select c.id, 'completed', null, null, null, null, null from unnest(completed) as c (id)
      union all
      select r.id, 'returned', null, null, null, r.run_at, null
      from unnest(returned, returned_run_ats) as r (id, run_at)
      union all
      select i.id, 'interrupted', null, null, null, null, null from unnest(interrupted) as i (id)
    ) as o
    where o.id = any(v_held_ids)
    -- Completed comes before failed.
    order by o.id, o.kind
  loop
    v_error := null;
    -- What can't be recorded as it is has failed for that reason, which perhaps can.
    for v_try in 1 .. v_outcome.tries loop
      begin
        if v_try = 1 then
          v_taken := @extschema@._private_hand_in(
            worker_id => _private_hand_in_apart.worker_id,
            completed => case when v_outcome.kind = 'completed' then array[v_outcome.id] end,
            failed => case when v_outcome.kind = 'failed' then array[v_outcome.id] end,
            error_messages => array[v_outcome.error_message],
            replacement_payloads => array[v_outcome.replacement_payload], failed_at => array[v_outcome.failed_at],
            returned => case when v_outcome.kind = 'returned' then array[v_outcome.id] end,
            interrupted => case when v_outcome.kind = 'interrupted' then array[v_outcome.id] end,
            interrupted_delay => _private_hand_in_apart.interrupted_delay, now => _private_hand_in_apart.now,
            retry_ats => array[v_outcome.run_at], given_up => array[v_outcome.is_given_up],
            returned_run_ats => array[v_outcome.run_at]
          );
        else
          v_taken := @extschema@._private_hand_in(
            worker_id => _private_hand_in_apart.worker_id, failed => array[v_outcome.id],
            error_messages => array['the database refused to record its outcome: ' || v_error],
            failed_at => array[coalesce(v_outcome.failed_at, _private_hand_in_apart.now)],
            given_up => array[v_outcome.is_given_up]
          );
        end if;
        taken_ids := taken_ids || v_taken.taken_ids;
        retried_ids := retried_ids || v_taken.retried_ids;
        failed_ids := failed_ids || v_taken.failed_ids;
        exit;
      exception
        when others or assert_failure then
          if
            @extschema@._private_may_pass(sqlstate)
            and not (coalesce(failed_tries, 0) >= 5 and @extschema@._private_is_collision(sqlstate))
          then
            raise;
          end if;
          v_error := left(split_part(sqlerrm, E'\n', 1), 1000);
      end;
    end loop;
    if v_error is not null then
      bad_ids := array_append(bad_ids, v_outcome.id);
      errors := array_append(errors, v_error);
    end if;
  end loop;
end;
$$;

comment on function @extschema@._private_hand_in_apart(
  text, bigint[], bigint[], text[], text[], timestamptz[], bigint[], bigint[], interval, timestamptz,
  timestamptz[], boolean[], timestamptz[], integer
) is
$$Internal. _private_hand_in one by one, where it does not work for all: something does not let one of them through, a
trigger perhaps. What can't be recorded of a run becomes a failure that says so; where that can't be, either, the job
stays locked. bad_ids, errors: the jobs that this happened to, taken or not, and what the database said last. Raises
what is nobody's error, such as a deadlock, unless the same call has failed five times.
Locks: job rows in id order, then queue rows.$$;
