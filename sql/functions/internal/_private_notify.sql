create or replace function @extschema@._private_notify(job_count integer) returns void
language plpgsql volatile
as $$
declare
  v_setting text := current_setting('graphile_worker.notify', true);
begin
  -- A setting that was only ever made for a transaction reads '' after it.
  if v_setting is null or v_setting in ('on', '') then
    null;
  elsif v_setting = 'off' then
    return;
  elsif v_setting = 'sparse' then
    -- Whoever notifies holds the one lock until its commit can be seen. A job that goes without is inserted by now,
    -- and wants no more than its own commit; where the worker that is woken looks even before that, its poll finds it.
    if not pg_try_advisory_xact_lock(hashtextextended('@extschema@ jobs:insert', 0)) then
      return;
    end if;
  else
    raise exception using
      errcode = 'GWBNS',
      message = format('bad setting graphile_worker.notify %L', v_setting),
      hint = 'It is on, sparse or off; look at SET in this session, and ALTER ROLE and ALTER DATABASE ... SET.';
  end if;
  -- The random number keeps two notifications of one transaction from being folded into one.
  perform pg_notify('jobs:insert', '{"r":' || random() || ',"count":' || job_count || '}');
end;
$$;

comment on function @extschema@._private_notify(integer) is
$$Internal. Notifies jobs:insert of so many jobs more, as the setting graphile_worker.notify says:
  on, or not set: always. Transactions that notify commit one after the other, in the whole server.
  sparse: unless another transaction that has notified in this schema is under way. Its notification may come before
    this one commits: then the jobs wait for the next one, or for the poll.
  off: never. Jobs wait for the poll.
Locks: with sparse an advisory lock, which it never waits for. Errors: GWBNS.$$;
