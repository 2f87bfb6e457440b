create or replace function @extschema@.schedule_crontabs(
  tick timestamptz,
  entries json,
  backfilled boolean default false,
  with_refused boolean default false
) returns table (identifier text, job_id bigint, error_code text, error_message text, error_hint text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_identifiers text[];
  v_specs @extschema@.job_spec[];
  v_modes text[];
  v_errors jsonb[];
  v_due text[];
  v_paused text[];
  v_places bigint[];
  v_row record;
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
        e.task, e.payload, e.queue_name, null, e.max_attempts, e.job_key, e.priority, null
      )::@extschema@.job_spec order by e.identifier
    ),
    array_agg(e.job_key_mode order by e.identifier),
    array_agg(e.error order by e.identifier)
  into v_identifiers, v_specs, v_modes, v_errors
  from @extschema@._private_crontab_entries(entries => entries) as e;

  -- What was never registered is recorded now, unless this is about the past, which it has none of.
  if not coalesce(backfilled, false) then
    insert into @extschema@._private_known_crontabs as k (identifier, known_since)
    select distinct e.identifier, tick
    from unnest(v_identifiers, v_errors) as e (identifier, error)
    where
      e.error is null
      and not exists (select from @extschema@._private_known_crontabs as o where o.identifier = e.identifier)
    order by e.identifier
    on conflict do nothing;
  end if;

  -- Schedules before crontabs, as everybody does. Whoever pauses one has waited for this, or is waited for; what that
  -- one has committed is seen by a later statement.
  perform s.identifier
  from @extschema@._private_schedules as s
  where s.identifier = any(v_identifiers)
  order by s.identifier
  for share;
  v_paused := array(
    select s.identifier
    from @extschema@._private_schedules as s
    where
      s.identifier = any(v_identifiers) and s.paused_at is not null
      and (s.paused_until is null or s.paused_until > tick)
  );

  -- In identifier order, as everybody does. Whoever waited here finds that the other one scheduled this tick.
  perform k.identifier
  from @extschema@._private_known_crontabs as k
  where k.identifier = any(v_identifiers) and (k.last_execution is null or k.last_execution < tick)
  order by k.identifier
  for no key update;

  -- That of what is refused is moved on, too: it is told once, not by every worker.
  with due as (
    update @extschema@._private_known_crontabs as k
    set last_execution = tick
    where k.identifier = any(v_identifiers) and (k.last_execution is null or k.last_execution < tick)
    returning k.identifier
  )
  select array_agg(d.identifier) into v_due from due as d;

  v_places := array(
    select e.place
    from unnest(v_identifiers, v_errors) with ordinality as e (identifier, error, place)
    where e.error is null and e.identifier = any(v_due) and e.identifier <> all(v_paused)
    order by e.place
  );
  for v_row in
    select e.identifier, null::bigint as job_id, e.error
    from unnest(v_identifiers, v_errors) as e (identifier, error)
    where
      e.error is not null
      -- Once for a tick, if the entry is known.
      and (
        e.identifier is null or e.identifier = any(v_due)
        or not exists (select from @extschema@._private_known_crontabs as k where k.identifier = e.identifier)
      )
    union all
    select v_identifiers[v_places[j.place]], j.job_id, j.error
    from @extschema@._private_add_crontab_jobs(
      tick => tick,
      backfilled => coalesce(backfilled, false),
      specs => array(select v_specs[p.place] from unnest(v_places) with ordinality as p (place, o) order by p.o),
      job_key_modes => array(select v_modes[p.place] from unnest(v_places) with ordinality as p (place, o) order by p.o)
    ) as j
  loop
    identifier := v_row.identifier;
    job_id := v_row.job_id;
    error_code := v_row.error ->> 'code';
    error_message := v_row.error ->> 'message';
    error_hint := v_row.error ->> 'hint';
    if error_code is null or with_refused then
      return next;
    else
      raise warning using
        errcode = error_code,
        message = format(
          'crontab entry %s is left out at %s: %s', coalesce(quote_literal(identifier), 'without a name'), tick,
          error_message
        ),
        hint = coalesce(error_hint, '');
    end if;
  end loop;
end;
$$;

comment on function @extschema@.schedule_crontabs(timestamptz, json, boolean, boolean) is
$$Adds the jobs of crontab entries that are due at a tick, and returns those it added. However many clients call it for
the same entries and tick, and however often, each entry gets one job: it is left out when a tick as late, or later,
has been scheduled for it. Backfill in the order of the ticks, and before the next one: what lies behind is never added.

An entry that can't be scheduled, because something is wrong with it or a trigger refuses its job, is left out by
itself, for this tick: check_crontabs says beforehand. Of one that pause_schedule has paused nothing is added, and the
tick counts as scheduled.

tick: when the jobs were due; their run_at, and in their payload as _cron.ts. At most 5 minutes in the future.
entries: a JSON array of objects. Attributes, null or absent for the default: identifier (of the entry, the task's by
default; an entry that was never registered is recorded), task (required), payload (an object), queue_name,
max_attempts, priority, job_key, job_key_mode (replace or preserve_run_at): as in add_job.
backfilled: that the jobs are late because nobody was there: their _cron.backfilled. Unknown entries get none then.
with_refused: whether the answer has a row for each entry that is left out, without job_id, and with error_code (an
SQLSTATE), error_message and error_hint. Otherwise a warning tells each.

Notifies: jobs:insert, unless the setting graphile_worker.notify says otherwise. Locks: schedules of these identifiers,
for share, then rows of crontabs, in identifier order, then what add_jobs locks; deferred constraints are checked at
once, for the rest of the transaction.
Errors: GWBTK, GWBCE (no array). Of one entry, in the answer or as a warning: GWBCE, GWBCI, GWBID, GWBQN, GWBMA, GWBKY,
GWBPR, GWBKM, GWNOR, GWBNS, and whatever a trigger raises. Collisions and faults of the server (40001, 40P01, classes 53
and 57) are nobody's, and raised.$$;
