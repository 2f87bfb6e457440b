create or replace function @extschema@._private_crontab_entries(entries json) returns table (
  identifier text,
  task text,
  payload json,
  queue_name text,
  max_attempts integer,
  priority integer,
  job_key text,
  job_key_mode text,
  cron text,
  time_zone text,
  backfill text,
  line integer,
  error jsonb
)
language plpgsql immutable rows 10
as $$
declare
  v_entry json;
  v_row record;
  v_seen text[] := array[]::text[];
  v_code text;
  v_message text;
  v_hint text;
begin
  if entries is null or json_typeof(entries) <> 'array' then
    raise exception using
      errcode = 'GWBCE',
      message = 'bad crontab entries, not an array',
      hint = 'Give a JSON array of objects.';
  end if;

  for v_entry in select e.entry from json_array_elements(entries) as e (entry) loop
    identifier := null;
    task := null;
    job_key_mode := null;
    error := null;
    begin
      select e.* into v_row from @extschema@._private_crontab_entry(entry => v_entry) as e;
      identifier := v_row.identifier;
      job_key_mode := v_row.job_key_mode;
      perform @extschema@._private_check_job(
        identifier => v_row.task, queue_name => v_row.queue_name, max_attempts => v_row.max_attempts,
        job_key => v_row.job_key, priority => v_row.priority, flags => null
      );
      perform @extschema@._private_check_crontab(identifier => identifier);
      if identifier = any(v_seen) then
        raise exception using
          errcode = 'GWBCI',
          message = format('crontab identifier %L stands twice', identifier),
          hint = 'Give entries for the same task an identifier each.';
      end if;
      v_seen := v_seen || identifier;
      if job_key_mode not in ('replace', 'preserve_run_at') then
        raise exception using
          errcode = 'GWBKM',
          message = format('bad job_key_mode %L of crontab entry %L', job_key_mode, identifier),
          hint = 'The job_key_mode of a crontab entry is replace or preserve_run_at.';
      end if;
      task := v_row.task;
      payload := v_row.payload;
      queue_name := v_row.queue_name;
      max_attempts := v_row.max_attempts;
      priority := v_row.priority;
      job_key := v_row.job_key;
      cron := v_row.cron;
      time_zone := v_row.time_zone;
      backfill := v_row.backfill;
      line := v_row.line;
    exception
      when others then
        if @extschema@._private_may_pass(error_code => sqlstate) then
          raise;
        end if;
        get stacked diagnostics
          v_code = returned_sqlstate, v_message = message_text, v_hint = pg_exception_hint;
        error := jsonb_build_object('code', v_code, 'message', v_message, 'hint', nullif(v_hint, ''));
        identifier := coalesce(identifier, @extschema@._private_crontab_name(entry => v_entry));
    end;
    return next;
  end loop;
end;
$$;

comment on function @extschema@._private_crontab_entries(json) is
$$Internal. The entries of schedule_crontabs or publish_schedules as rows: the job of each, or the error that keeps it
from having one ({code, message, hint}: then only identifier counts, null if it can't be read): GWBCE for an entry that
is no object, or an attribute that is unknown or of another type; GWBCI for an identifier that is out of bounds or
stands twice, which is an error of all but the first; GWBID, GWBQN, GWBMA, GWBKY, GWBPR or GWBKM for values of a job.
Raises GWBCE when they are not an array.$$;
