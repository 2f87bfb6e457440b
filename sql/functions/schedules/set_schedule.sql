create or replace function @extschema@.set_schedule(
  identifier text,
  cron text default null,
  every interval default null,
  task text default null,
  payload json default null,
  time_zone text default 'UTC',
  queue_name text default null,
  priority integer default null,
  max_attempts integer default null,
  job_key text default null,
  job_key_mode text default 'replace',
  backfill interval default '0',
  starts_at timestamptz default null,
  ends_at timestamptz default null,
  jitter interval default '0',
  skip_if_running boolean default false
) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_old @extschema@._private_schedules;
  v_new @extschema@._private_schedules;
  v_last timestamptz;
  v_is_new boolean;
begin
  v_new.identifier := identifier;
  v_new.cron := cron;
  v_new.every := every;
  v_new.time_zone := coalesce(time_zone, 'UTC');
  v_new.task_identifier := coalesce(task, identifier);
  v_new.payload := payload;
  v_new.queue_name := queue_name;
  v_new.priority := priority;
  v_new.max_attempts := max_attempts;
  v_new.job_key := job_key;
  v_new.job_key_mode := coalesce(job_key_mode, 'replace');
  v_new.backfill := coalesce(backfill, interval '0');
  v_new.starts_at := starts_at;
  v_new.ends_at := ends_at;
  v_new.jitter := coalesce(jitter, interval '0');
  v_new.skip_if_running := coalesce(skip_if_running, false);
  perform @extschema@._private_check_schedule(schedule => v_new);

  -- Again when somebody has just removed the one that was there.
  loop
    insert into @extschema@._private_schedules as s (identifier, cron, every, task_identifier)
    values (v_new.identifier, v_new.cron, v_new.every, v_new.task_identifier)
    on conflict on constraint _private_schedules_pkey do nothing;
    v_is_new := found;
    select s.* into v_old
    from @extschema@._private_schedules as s
    where s.identifier = v_new.identifier
    for update;
    exit when found;
  end loop;
  if v_old.file is not null then
    raise exception using
      errcode = 'GWROS',
      message = format('schedule %L stands in %s', identifier, concat_ws(':', v_old.file, v_old.line)),
      hint = 'Change it there and start its workers again, or choose another identifier.';
  end if;

  insert into @extschema@._private_known_crontabs as k (identifier, known_since)
  values (v_new.identifier, @extschema@._private_schedule_now(now => null))
  on conflict do nothing;
  select k.last_execution into v_last
  from @extschema@._private_known_crontabs as k
  where k.identifier = v_new.identifier;

  v_new.paused_at := v_old.paused_at;
  v_new.paused_until := v_old.paused_until;
  -- An edit of what is done leaves alone when: a tick that is overdue is still due.
  if
    v_old.next_tick is not null
    and (v_old.cron, v_old.every, v_old.time_zone, v_old.starts_at, v_old.ends_at)
    is not distinct from (v_new.cron, v_new.every, v_new.time_zone, v_new.starts_at, v_new.ends_at)
  then
    v_new.next_tick := v_old.next_tick;
  else
    v_new.next_tick := @extschema@._private_schedule_next(
      schedule => v_new, after => greatest(v_last, @extschema@._private_schedule_now(now => null))
    );
  end if;
  update @extschema@._private_schedules as s
  set
    cron = v_new.cron, every = v_new.every, time_zone = v_new.time_zone, task_identifier = v_new.task_identifier,
    payload = v_new.payload, queue_name = v_new.queue_name, priority = v_new.priority,
    max_attempts = v_new.max_attempts, job_key = v_new.job_key, job_key_mode = v_new.job_key_mode,
    backfill = v_new.backfill, starts_at = v_new.starts_at, ends_at = v_new.ends_at, jitter = v_new.jitter,
    skip_if_running = v_new.skip_if_running, next_tick = v_new.next_tick, error = null, error_at = null,
    updated_at = now(), updated_by = session_user
  where s.identifier = v_new.identifier;
  perform @extschema@._private_notify_schedules(identifier => v_new.identifier);
  return v_is_new;
end;
$$;

comment on function @extschema@.set_schedule(
  text, text, interval, text, json, text, text, integer, integer, text, text, interval, timestamptz, timestamptz,
  interval, boolean
) is
$$Sets a recurring job: the whole of it, in the place of what the schedule was; whether it is paused stays. True when it
is new. schedule_due_jobs adds its jobs, which every worker calls. Where it changes when the schedule is due, the next
tick is the first after now; in no case one that was scheduled is repeated.

cron: minute, hour, day of the month, month, day of the week, as in next_ticks, in time_zone; or every: from 1 second,
no months, counted in time that passes from starts_at, else from 1970. task: its identifier, that of the schedule by
default. payload: an object; _cron, which says the tick, is added. queue_name, priority, max_attempts, job_key and
job_key_mode (replace or preserve_run_at): as in add_job. backfill: how far back ticks that nobody scheduled are made up
for; 5 minutes if less. starts_at, ends_at: no tick before, none after. jitter: jobs start up to so much later than
their tick, each at a time of its own. skip_if_running: no job for a tick at which the last one is not done, nor failed
for good.

Notifies: schedules:change. Locks: the schedule, then its row of crontabs. Errors: GWBSC, GWBCI, GWBTZ, GWBTI, GWBDU,
GWBID, GWBQN, GWBMA, GWBKY, GWBPR; GWROS: it stands in a crontab.$$;
