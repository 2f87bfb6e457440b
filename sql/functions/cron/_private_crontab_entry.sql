create or replace function @extschema@._private_crontab_entry(entry json) returns table (
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
  line integer
)
language plpgsql immutable rows 1
as $$
declare
  v_types constant jsonb := '{
    "identifier": "string", "task": "string", "payload": "object", "queue_name": "string",
    "max_attempts": "number", "priority": "number", "job_key": "string", "job_key_mode": "string",
    "cron": "string", "time_zone": "string", "backfill": "string", "line": "number"
  }'::jsonb;
  v_hidden json;
  v_mark text;
  v_key text;
  v_value json;
  v_text text;
  v_problem text;
begin
  if json_typeof(entry) is distinct from 'object' then
    v_problem := 'not an object';
  else
    select h.hidden, h.mark into v_hidden, v_mark from @extschema@._private_hide_escapes(document => entry) as h;
    for v_key, v_value in
      select a.key, replace(a.value::text, v_mark, E'\\u')::json
      from json_each(v_hidden) with ordinality as a (key, value, ordinal)
      order by a.ordinal
    loop
      v_problem := case
        when not v_types ? v_key then format('no attribute %L is known', v_key)
        when json_typeof(v_value) not in (v_types ->> v_key, 'null')
          then format('%s is not of type %s', v_key, v_types ->> v_key)
        -- As many digits as surely make an integer, whose bounds are checked below.
        when json_typeof(v_value) = 'number' and v_value::text !~ '^-?[0-9]{1,9}$'
          then format('%s is not an integer', v_key)
      end;
      exit when v_problem is not null;
      v_text := case when v_types ->> v_key <> 'object' then v_value #>> '{}' end;
      case v_key
        when 'identifier' then identifier := v_text;
        when 'task' then task := v_text;
        when 'payload' then payload := case json_typeof(v_value) when 'object' then v_value end;
        when 'queue_name' then queue_name := v_text;
        when 'max_attempts' then max_attempts := v_text::integer;
        when 'priority' then priority := v_text::integer;
        when 'job_key' then job_key := v_text;
        when 'job_key_mode' then job_key_mode := v_text;
        when 'cron' then cron := v_text;
        when 'time_zone' then time_zone := v_text;
        when 'backfill' then backfill := v_text;
        when 'line' then line := v_text::integer;
      end case;
    end loop;
  end if;
  if v_problem is not null then
    raise exception using
      errcode = 'GWBCE',
      message = format('bad crontab entry, %s: %s', v_problem, left(entry::text, 200)),
      hint = 'An entry is an object: identifier, task, and of payload, queue_name, max_attempts, priority, job_key, '
        || 'job_key_mode, cron, time_zone, backfill, line what is wanted.';
  end if;
  identifier := coalesce(identifier, task);
  job_key_mode := coalesce(job_key_mode, 'replace');
  return next;
end;
$$;

comment on function @extschema@._private_crontab_entry(json) is
$$Internal. An entry of schedule_crontabs or publish_schedules as a row, identifier and job_key_mode with their
defaults; values are not checked. Raises GWBCE when it is not an object, or an attribute is unknown or of another type,
and 22P05 when one can't be written in the encoding of the database.$$;
