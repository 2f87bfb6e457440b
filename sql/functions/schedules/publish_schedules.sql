create or replace function @extschema@.publish_schedules(
  file text,
  entries json,
  now timestamptz default null,
  started_at timestamptz default now()
) returns table (identifier text, error_code text, error_message text, error_hint text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Nobody has started later than now, whatever a clock says.
  v_started_at constant timestamptz := least(coalesce(started_at, now()), now());
  v_now timestamptz;
  v_entries record;
  v_new @extschema@._private_schedules;
  v_published text[] := array[]::text[];
  v_refused text[] := array[]::text[];
begin
  v_now := @extschema@._private_schedule_now(now => now);
  if length(file) between 1 and 500 is not true then
    raise exception using
      errcode = 'GWBSC',
      message = format('bad file %s', coalesce(quote_literal(left(file, 100)), 'null')),
      hint = 'Name the crontab, in 1 to 500 characters.';
  end if;

  for v_entries in
    select e.* from @extschema@._private_crontab_entries(entries => entries) as e order by e.identifier
  loop
    identifier := v_entries.identifier;
    error_code := v_entries.error ->> 'code';
    error_message := v_entries.error ->> 'message';
    error_hint := v_entries.error ->> 'hint';
    v_new := null;
    v_new.identifier := identifier;
    v_new.file := publish_schedules.file;
    v_new.published_at := v_started_at;
    if error_code is null then
      begin
        v_new.cron := v_entries.cron;
        v_new.time_zone := coalesce(v_entries.time_zone, 'UTC');
        v_new.task_identifier := v_entries.task;
        v_new.payload := v_entries.payload;
        v_new.queue_name := v_entries.queue_name;
        v_new.priority := v_entries.priority;
        v_new.max_attempts := v_entries.max_attempts;
        v_new.job_key := v_entries.job_key;
        v_new.job_key_mode := v_entries.job_key_mode;
        v_new.backfill := coalesce(v_entries.backfill, '0')::interval;
        v_new.jitter := interval '0';
        v_new.skip_if_running := false;
        v_new.line := v_entries.line;
        perform @extschema@._private_check_schedule(schedule => v_new);
        perform @extschema@._private_publish_schedule(schedule => v_new, now => v_now);
        v_published := v_published || identifier;
      exception
        when others then
          if @extschema@._private_may_pass(error_code => sqlstate) then
            raise;
          end if;
          get stacked diagnostics
            error_code = returned_sqlstate, error_message = message_text, error_hint = pg_exception_hint;
      end;
    end if;
    if error_code is not null then
      -- The second of its name says nothing about the first.
      if identifier <> all(v_published) then
        perform @extschema@._private_refuse_schedule(
          schedule => v_new, problem => concat_ws('. ', rtrim(error_message, '.'), nullif(error_hint, '')), now => v_now
        );
        v_refused := v_refused || identifier;
      end if;
      return next;
    end if;
  end loop;

  update @extschema@._private_schedules as s
  set is_in_file = false, published_at = v_started_at
  where
    s.file = publish_schedules.file and s.published_at <= v_started_at
    and s.identifier <> all(v_published || v_refused);
  -- What only the file of an earlier worker has, who says it after a later one.
  update @extschema@._private_schedules as s
  set is_in_file = false
  where
    s.file = publish_schedules.file and s.is_in_file
    and s.published_at < (
      select max(o.published_at) from @extschema@._private_schedules as o where o.file = publish_schedules.file
    );
  perform @extschema@._private_notify_schedules(identifier => file);
end;
$$;

comment on function @extschema@.publish_schedules(text, json, timestamptz, timestamptz) is
$$Makes the entries of a crontab schedules, which only that file changes: list_schedules shows them, and
schedule_due_jobs adds their jobs. Call it at start, and after every fault; it is safe to repeat. What the file had
before and has no more is marked so, and scheduled only by those who have it in theirs, until remove_schedule; nothing
is deleted.

file: its name. entries: a JSON array of objects, as schedule_crontabs takes them, with cron, time_zone (UTC), backfill
(an interval: '2 days'), line (where it stands). One without cron is due when a function of the caller says, who calls
schedule_crontabs then. now: as in schedule_due_jobs; an entry that is new has no ticks before. started_at: when the
worker started, now when null. What a worker has said of this file that started later stays: of two releases the file of
the one that started last is in force, however often each publishes its own.
Returns a row for each entry that is refused: identifier (null when it can't be read), error_code (an SQLSTATE),
error_message, error_hint. It is listed with that error, if its task can be read, and is not due.

Notifies: schedules:change. Locks: schedules in identifier order, and rows of crontabs.
Errors: GWBSC, GWBCE (no array), GWBTK. Of one entry, in the answer: GWBCE, GWBSC, GWBCI, GWBTZ, GWBTI, GWBDU, GWBID,
GWBQN, GWBMA, GWBKY, GWBKM, GWBPR; GWROS when set_schedule has made one of this identifier.$$;
