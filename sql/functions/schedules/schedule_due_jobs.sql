create or replace function @extschema@.schedule_due_jobs(
  now timestamptz default null,
  max_ticks integer default 1000,
  crontabs text[] default null
) returns table (
  identifier text,
  tick timestamptz,
  job_id bigint,
  outcome text,
  backfilled boolean,
  error text
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz;
  v_identifiers text[];
  v_ticks timestamptz[];
  v_group record;
  v_held text[] := array[]::text[];
begin
  v_now := @extschema@._private_schedule_now(now => now);
  if max_ticks is null or max_ticks not between 1 and 100000 then
    raise exception using
      errcode = 'GWBLM',
      message = format('bad max_ticks %s', coalesce(max_ticks::text, 'null')),
      hint = 'It is 1 to 100000; what is due beyond that is scheduled by the next call.';
  end if;
  select array_agg(d.identifier), array_agg(d.tick) into v_identifiers, v_ticks
  from @extschema@._private_due_schedules(now => v_now, max_ticks => max_ticks, crontabs => crontabs) as d;
  if v_identifiers is null then
    return;
  end if;

  -- All that are wanted at once, in identifier order, as everybody does. One that somebody has removed was never there.
  insert into @extschema@._private_known_crontabs as k (identifier, known_since)
  select distinct i.identifier, v_now
  from unnest(v_identifiers) as i (identifier)
  where not exists (select from @extschema@._private_known_crontabs as o where o.identifier = i.identifier)
  order by i.identifier
  on conflict do nothing;
  perform k.identifier
  from @extschema@._private_known_crontabs as k
  where k.identifier = any(v_identifiers)
  order by k.identifier
  for no key update;

  for v_group in
    select d.tick, array_agg(d.identifier) as identifiers
    from unnest(v_identifiers, v_ticks) as d (identifier, tick)
    group by d.tick
    order by d.tick
  loop
    tick := v_group.tick;
    backfilled := v_group.tick < v_now - interval '5 minutes';
    for identifier, job_id, outcome, error in
      select j.identifier, j.job_id, j.outcome, j.error
      from @extschema@._private_schedule_tick(
        tick => v_group.tick,
        backfilled => v_group.tick < v_now - interval '5 minutes',
        identifiers => array(
          select i.identifier from unnest(v_group.identifiers) as i (identifier) where i.identifier <> all(v_held)
        )
      ) as j
    loop
      if outcome = 'held' then
        v_held := v_held || identifier;
      else
        return next;
      end if;
    end loop;
  end loop;
end;
$$;

comment on function @extschema@.schedule_due_jobs(timestamptz, integer, text[]) is
$$Adds the jobs of schedules that are due: of those that set_schedule made, and of crontabs. A worker calls it; so may
anybody else, a shell in a loop or pg_cron, as often as they like and at the same time: each tick gets one job.

Ticks that are up to 5 minutes late are scheduled, older ones as far as backfill says, in their order; then the job's
_cron.backfilled is true. now: the server's clock by default; at most 5 minutes ahead of it. max_ticks: how many to
schedule; call again when so many are returned. crontabs: which schedules of crontabs are meant, those that the caller
has in its own; by default all that are still in their file. Schedules that another call holds are passed over, and so
are, after 2 seconds, those whose jobs need what a transaction has locked (a job of their job_key): they remain due, and
count towards max_ticks: with a small one they keep others waiting.

Returns a row for each tick that this call has scheduled: outcome added (with job_id), skipped (skip_if_running finds
the last job), or error: the job was refused, which error says, and so does list_schedules; backfilled as in the job.

Notifies: jobs:insert. Locks: schedules, which it does not wait for, then rows of crontabs in identifier order, then
what add_jobs locks; deferred constraints are checked at once, for the rest of the transaction.
Errors: GWBTK, GWBLM, GWBNS. Collisions and faults of the server (40001, 40P01, classes 53 and 57) are raised.$$;
