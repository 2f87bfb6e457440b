create or replace function @extschema@.limit_queue(
  queue_name text,
  width integer default null,
  rate double precision default null,
  per interval default null,
  burst integer default null,
  weight_by text default null,
  share double precision default null,
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
    kind => 'queue', name => queue_name, max_running => width, rate => limit_queue.rate, per => limit_queue.per,
    burst => limit_queue.burst, weight_by => limit_queue.weight_by, share => limit_queue.share,
    unlimited => limit_queue.unlimited, reason => limit_queue.reason
  );
  perform @extschema@._private_reopen_queues();
  perform @extschema@._private_notify(job_count => 1);
  return v_is_new;
end;
$$;

comment on function @extschema@.limit_queue(
  text, integer, double precision, interval, integer, text, double precision, boolean, text
) is
$$Sets how many jobs of a queue run at once, and how many start in a while. A name that ends in * is a pattern: it holds
for each queue whose name begins so, for itself. The name of a queue comes before patterns, a longer pattern before a
shorter one, and only one of them holds. True when no operator had limited it before. Null leaves a value as it is.

width: so many at once, 1 where nothing is set. rate, per, burst, weight_by: see limit_task. share: of queues that have
a limit and jobs waiting at one priority the one starts next that runs the fewest by its share, 1 where nothing is set.
unlimited: as if nothing were set, whatever workers have published.

Jobs start in the order of the queue; those of a wide one need not end in it. The queue is locked while as many run as
it is wide, so workers of other projects, which take one job of a queue that is free, never run more beside them.
Notifies: jobs:insert. Locks: the room's row, for key share; the limit; then queue rows in id order, passing over those
in use. Errors: GWBQN, GWBPT, GWBWD, GWBRT, GWBNS.$$;
