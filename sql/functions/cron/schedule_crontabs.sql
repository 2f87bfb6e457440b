create or replace function @extschema@.schedule_crontabs(
  tick timestamptz,
  entries json,
  backfilled boolean default false
) returns table (identifier text, job_id bigint)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_identifiers text[];
  v_specs @extschema@.job_spec[];
  v_modes text[];
  v_due text[];
  v_mode text;
  v_ordinals bigint[];
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

  select
    array_agg(e.identifier order by e.identifier),
    array_agg(
      row(
        e.task, e.payload, e.queue_name, tick, e.max_attempts, e.job_key, e.priority, null
      )::@extschema@.job_spec order by e.identifier
    ),
    array_agg(e.job_key_mode order by e.identifier)
  into v_identifiers, v_specs, v_modes
  from @extschema@._private_crontab_entries(entries) as e;

  -- What was never registered is recorded now, unless this is about the past, which it has none of.
  if not coalesce(backfilled, false) then
    insert into @extschema@._private_known_crontabs as k (identifier, known_since)
    select e.identifier, tick
    from unnest(v_identifiers) as e (identifier)
    where not exists (select from @extschema@._private_known_crontabs as o where o.identifier = e.identifier)
    order by e.identifier
    on conflict do nothing;
  end if;

  -- In identifier order, as everybody does. Whoever waited here finds that the other one scheduled this tick.
  perform k.identifier
  from @extschema@._private_known_crontabs as k
  where k.identifier = any(v_identifiers) and (k.last_execution is null or k.last_execution < tick)
  order by k.identifier
  for no key update;

  with due as (
    update @extschema@._private_known_crontabs as k
    set last_execution = tick
    where k.identifier = any(v_identifiers) and (k.last_execution is null or k.last_execution < tick)
    returning k.identifier
  )
  select array_agg(d.identifier) into v_due from due as d;
  if v_due is null then
    return;
  end if;

  foreach v_mode in array array['replace', 'preserve_run_at'] loop
    v_ordinals := array(
      select e.ordinal
      from unnest(v_identifiers, v_modes) with ordinality as e (identifier, job_key_mode, ordinal)
      where e.identifier = any(v_due) and e.job_key_mode = v_mode
      order by e.ordinal
    );
    return query
    select v_identifiers[v_ordinals[j.ordinality]], j.id
    from @extschema@.add_jobs(
      specs => array(
        select
          row(
            s.identifier,
            @extschema@._private_crontab_payload(
              payload => s.payload, tick => tick, backfilled => coalesce(backfilled, false)
            ),
            s.queue_name, s.run_at, s.max_attempts, s.job_key, s.priority, s.flags
          )::@extschema@.job_spec
        from unnest(v_specs) with ordinality as s (
          identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags, ordinal
        )
        where s.ordinal = any(v_ordinals)
        order by s.ordinal
      ),
      job_key_preserve_run_at => v_mode = 'preserve_run_at'
    ) with ordinality as j
    order by j.ordinality;
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

Notifies: jobs:insert, unless the setting graphile_worker.notify says otherwise. Locks: rows of crontabs in identifier
order, then what add_jobs locks.
Errors: GWBTK, GWBCE, GWBCI, GWBID, GWBQN, GWBMA, GWBKY, GWBPR, GWBKM, GWNOR, GWBNS.$$;
