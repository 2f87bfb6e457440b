create or replace function @extschema@.set_task_policy(
  task_identifier text,
  timeout interval default null,
  retry json default null,
  max_attempts integer default null,
  priority integer default null,
  expires_after interval default null,
  bad_payload text default null,
  reason text default null
) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_is_new boolean;
begin
  perform @extschema@._private_check_policy(
    task_identifier => task_identifier, timeout => timeout, retry => retry::jsonb, max_attempts => max_attempts,
    priority => priority, expires_after => expires_after, bad_payload => bad_payload
  );
  if num_nonnulls(timeout, retry, max_attempts, priority, expires_after, bad_payload) = 0 then
    raise exception using
      errcode = 'GWBPO',
      message = format('no policy is given for task %L', task_identifier),
      hint = 'Give a value at least; null leaves one as it is, and reset_task_policy takes back all.';
  end if;
  perform @extschema@._private_use_room('policies');
  if expires_after is not null then
    perform @extschema@._private_use_room('expiry');
  end if;
  insert into @extschema@._private_task_policies as p
  (task_identifier, origin, timeout, retry, max_attempts, priority, expires_after, bad_payload, reason)
  values (
    set_task_policy.task_identifier, 'operator', set_task_policy.timeout, set_task_policy.retry,
    set_task_policy.max_attempts, set_task_policy.priority, set_task_policy.expires_after,
    set_task_policy.bad_payload, set_task_policy.reason
  )
  on conflict on constraint _private_task_policies_pkey do update
  set
    timeout = coalesce(excluded.timeout, p.timeout),
    retry = coalesce(excluded.retry, p.retry),
    max_attempts = coalesce(excluded.max_attempts, p.max_attempts),
    priority = coalesce(excluded.priority, p.priority),
    expires_after = coalesce(excluded.expires_after, p.expires_after),
    bad_payload = coalesce(excluded.bad_payload, p.bad_payload),
    set_at = now(),
    set_by = session_user,
    reason = coalesce(excluded.reason, p.reason)
  -- Zero in a row that was inserted, the updating transaction in one that was there.
  returning p.xmax = 0 into v_is_new;
  return v_is_new;
end;
$$;

comment on function @extschema@.set_task_policy(
  text, interval, json, integer, integer, interval, text, text
) is
$$Sets what becomes of the jobs of a task, whatever its workers say, until reset_task_policy. True when nothing was set
before. Null leaves a value as it is. The task need not exist yet.

timeout: workers stop a job that takes longer. retry: the delays before another attempt,
{"kind": "exponential", "base": "2s", "factor": 2, "cap": "1h", "jitter": 0.1}, or linear (base, cap, jitter), or fixed
(delays, jitter): exponential is base, base * factor, ... up to cap; linear base, 2 * base, ... up to cap; fixed one of
the delays after the other, the last one again and again. factor is 2, cap 6 hours, jitter 0 unless given; jitter: up to
that part of a delay is taken off at random. max_attempts, priority: of jobs that are added with null.
expires_after: what has not been claimed so long after its run_at is failed for good instead. bad_payload: what does not
fit the type that its handler declares is to fail for good (fail) or to be tried again (retry).
What is not set here or by workers is as without a policy. Only workers of this project look at a time-out, and
at bad_payload; those of others run what has expired.
Locks: rows of rooms, for key share; the policy. Errors: GWBID, GWBMA, GWBPR, GWBPO.$$;
