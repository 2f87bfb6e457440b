create or replace function @extschema@._private_schedule_tick(
  tick timestamptz,
  backfilled boolean,
  identifiers text[]
) returns table (identifier text, job_id bigint, outcome text, error text)
language plpgsql volatile
-- A plan made while the tables were small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_due text[];
  v_reached text[];
  v_done text[] := array[]::text[];
  v_held text[];
  v_specs @extschema@.job_spec[];
  v_modes text[];
  v_row record;
begin
  select array_agg(k.identifier order by k.identifier) into v_due
  from @extschema@._private_known_crontabs as k
  where k.identifier = any(identifiers) and (k.last_execution is null or k.last_execution < tick);
  v_reached := v_due;

  for v_row in
    update @extschema@._private_schedules as s
    set last_skipped_at = tick
    from @extschema@._private_jobs as j
    where
      s.identifier = any(v_due) and s.skip_if_running and j.id = s.last_job_id
      and (j.locked_at is not null or j.attempts < j.max_attempts)
    returning s.identifier
  loop
    v_due := array_remove(v_due, v_row.identifier);
    identifier := v_row.identifier;
    outcome := 'skipped';
    return next;
  end loop;

  select
    array_agg(s.identifier order by s.identifier),
    array_agg(
      row(
        s.task_identifier, s.payload, s.queue_name,
        case when s.jitter > interval '0'
          then tick + interval '1 microsecond' * (
            (hashtextextended(s.identifier || extract(epoch from tick)::bigint, 0) & 9223372036854775807)
            % (extract(epoch from s.jitter) * 1000000)::bigint
          )
        end,
        s.max_attempts, s.job_key, s.priority, null
      )::@extschema@.job_spec order by s.identifier
    ),
    array_agg(s.job_key_mode order by s.identifier)
  into v_due, v_specs, v_modes
  from @extschema@._private_schedules as s
  where s.identifier = any(v_due);
  for v_row in
    with added as (
      select v_due[j.place] as identifier, j.job_id, j.error
      from @extschema@._private_add_schedule_jobs(
        tick => tick, backfilled => backfilled, specs => v_specs, job_key_modes => v_modes
      ) as j
    )
    update @extschema@._private_schedules as s
    set
      last_job_id = coalesce(a.job_id, s.last_job_id),
      error = case
        when a.error is not null then concat_ws('. ', rtrim(a.error ->> 'message', '.'), a.error ->> 'hint')
      end,
      error_at = case when a.error is not null then tick end
    from added as a
    where s.identifier = a.identifier
    returning s.identifier, a.job_id, s.error
  loop
    v_done := v_done || v_row.identifier;
    identifier := v_row.identifier;
    job_id := v_row.job_id;
    error := v_row.error;
    outcome := case when v_row.job_id is null then 'error' else 'added' end;
    return next;
  end loop;

  -- What was not added for a lock that somebody holds is still due.
  if cardinality(v_done) < cardinality(v_due) then
    v_held := array(select d.identifier from unnest(v_due) as d (identifier) where d.identifier <> all(v_done));
  end if;
  update @extschema@._private_known_crontabs as k
  set last_execution = tick
  where k.identifier = any(v_reached) and (k.identifier = any(v_held)) is not true;
  for v_row in
    update @extschema@._private_schedules as s
    set next_tick = tick
    where s.identifier = any(v_held)
    returning s.identifier
  loop
    identifier := v_row.identifier;
    job_id := null;
    error := null;
    outcome := 'held';
    return next;
  end loop;
end;
$$;

comment on function @extschema@._private_schedule_tick(timestamptz, boolean, text[]) is
$$Internal. Adds the jobs of schedules, which the caller holds with their rows of crontabs, for a tick; a row for each
that nobody has scheduled as late before: outcome added, skipped (skip_if_running), error, or held: somebody else has
locked what its job needs, and its tick is the next one still. Locks: what add_jobs locks.$$;
