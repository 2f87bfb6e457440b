create or replace function @extschema@.schedule_crontabs(
  tick timestamptz,
  entries json,
  backfilled boolean default false
) returns table (identifier text, job_id bigint)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_due text[];
  v_mode text;
begin
  if tick is null or not isfinite(tick) or tick > clock_timestamp() + interval '5 minutes' then
    raise exception using
      errcode = 'GWBTK',
      message = format('bad tick %s', coalesce(quote_literal(tick), 'null')),
      hint = format(
        'A tick is at most 5 minutes ahead of the server''s clock, which says %s: set the clock that is wrong.',
        clock_timestamp()
      );
  end if;

  -- What was never registered is recorded now, unless this is about the past, which it has none of.
  if not coalesce(backfilled, false) then
    insert into @extschema@._private_known_crontabs as k (identifier, known_since)
    select e.identifier, tick
    from @extschema@._private_crontab_entries(entries) as e
    where not exists (select from @extschema@._private_known_crontabs as o where o.identifier = e.identifier)
    order by e.identifier
    on conflict do nothing;
  end if;

  -- In identifier order, as everybody does. Whoever waited here finds that the other one scheduled this tick.
  perform k.identifier
  from @extschema@._private_known_crontabs as k
  where
    k.identifier in (select e.identifier from @extschema@._private_crontab_entries(entries) as e)
    and (k.last_execution is null or k.last_execution < tick)
  order by k.identifier
  for no key update;

  with due as (
    update @extschema@._private_known_crontabs as k
    set last_execution = tick
    where
      k.identifier in (select e.identifier from @extschema@._private_crontab_entries(entries) as e)
      and (k.last_execution is null or k.last_execution < tick)
    returning k.identifier
  )
  select array_agg(d.identifier) into v_due from due as d;
  if v_due is null then
    return;
  end if;

  foreach v_mode in array array['replace', 'preserve_run_at'] loop
    return query
    with mine as (
      select e.*, row_number() over (order by e.identifier) as ordinal
      from @extschema@._private_crontab_entries(entries) as e
      where e.identifier = any(v_due) and e.job_key_mode = v_mode
    ),
    added as (
      select j.id, j.ordinality as ordinal
      from @extschema@.add_jobs(
        array(
          select
            row(
              m.task,
              @extschema@._private_crontab_payload(m.payload, tick, coalesce(backfilled, false)),
              m.queue_name,
              tick,
              m.max_attempts,
              m.job_key,
              m.priority,
              null
            )::@extschema@.job_spec
          from mine as m
          order by m.ordinal
        ),
        v_mode = 'preserve_run_at'
      ) with ordinality as j
    )
    select m.identifier, a.id
    from mine as m
    inner join added as a on a.ordinal = m.ordinal
    order by m.ordinal;
  end loop;
end;
$$;

comment on function @extschema@.schedule_crontabs(timestamptz, json, boolean) is
$$Adds the jobs of crontab entries that are due at a tick, and returns those it added. However many clients call it for
the same entries and tick, and however often, each entry gets one job: it is left out when a tick as late, or later,
has been scheduled for it. Backfill in the order of the ticks, and before the next one: what lies behind is never added.

tick: when the jobs were due; their run_at, and in their payload as _cron.ts. At most 5 minutes in the future.
entries: a JSON array of objects. Attributes, null or absent for the default: identifier (of the entry, the task's by
default; an entry that was never registered is recorded), task (required), payload (an object), queue_name,
max_attempts, priority, job_key, job_key_mode (replace or preserve_run_at): as in add_job.
backfilled: that the jobs are late because nobody was there: their _cron.backfilled. Unknown entries get none then.

Notifies: jobs:insert. Locks: rows of crontabs in identifier order, then what add_jobs locks.
Errors: GWBTK, GWBCE, GWBCI, GWBID, GWBQN, GWBMA, GWBKY, GWBPR, GWBKM.$$;
