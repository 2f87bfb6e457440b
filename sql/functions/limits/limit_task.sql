create or replace function @extschema@.limit_task(
  task_identifier text,
  max_running integer default null,
  rate double precision default null,
  per interval default null,
  burst integer default null,
  weight_by text default null,
  unlimited boolean default false,
  reason text default null
) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_is_new boolean;
begin
  v_is_new := @extschema@._private_set_limit(
    kind => 'task', name => task_identifier, max_running => limit_task.max_running, rate => limit_task.rate,
    per => limit_task.per, burst => limit_task.burst, weight_by => limit_task.weight_by, share => null,
    unlimited => limit_task.unlimited, reason => limit_task.reason
  );
  -- What was held back may start now.
  perform @extschema@._private_notify_task(task_identifier => task_identifier);
  return v_is_new;
end;
$$;

comment on function @extschema@.limit_task(
  text, integer, double precision, interval, integer, text, boolean, text
) is
$$Limits how many jobs of a task run at once, in all workers of this project together, and how many start in a while.
True when no operator had limited it before. Null leaves a value as it is. The task need not exist yet.

max_running: so many at once. rate, per, burst: so many may start per interval (1 minute when null), burst of them at
once (the rate when null): in any stretch of that length at most rate + burst are claimed. weight_by: the attribute of
the payload that says for how many a job counts; 1 where it is missing, no number, or less than 1; one that weighs more
than burst starts when nothing of the rate is used. unlimited: no limit holds, whatever workers have published. What is
held back waits without being claimed, and holds up nothing else.

Holds for claims that begin once this is committed; those that run count, and go on to their end. Jobs that a worker
still has in hand after it was taken for dead don't count. Workers of other projects don't look at limits; what they run
counts. Notifies: jobs:insert. Locks: the room's row, for key share; the limit. Errors: GWBID, GWBWD, GWBRT, GWBNS.$$;
