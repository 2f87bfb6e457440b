create or replace function @extschema@._private_crontab_entries(entries json) returns table (
  identifier text,
  task text,
  payload json,
  queue_name text,
  max_attempts integer,
  priority integer,
  job_key text,
  job_key_mode text
)
language plpgsql immutable rows 10
as $$
declare
  v_types constant jsonb := '{
    "identifier": "string", "task": "string", "payload": "object", "queue_name": "string",
    "max_attempts": "number", "priority": "number", "job_key": "string", "job_key_mode": "string"
  }'::jsonb;
  v_problem text;
  v_row record;
  v_seen text[] := array[]::text[];
begin
  if entries is null or json_typeof(entries) <> 'array' then
    v_problem := 'not an array';
  else
    select
      case
        when json_typeof(e.entry) <> 'object' then 'not an object'
        when not v_types ? a.key then format('no attribute %L is known', a.key)
        when json_typeof(a.value) <> v_types ->> a.key then format('%s is not of type %s', a.key, v_types ->> a.key)
        else format('%s is not an integer', a.key)
      end || format(': %s', left(e.entry::text, 200))
    into v_problem
    from json_array_elements(entries) as e (entry)
    left join lateral json_each(case when json_typeof(e.entry) = 'object' then e.entry end) as a on true
    where
      json_typeof(e.entry) <> 'object'
      or not v_types ? a.key
      or json_typeof(a.value) not in (v_types ->> a.key, 'null')
      -- As many digits as surely make an integer, whose bounds are checked below.
      or (json_typeof(a.value) = 'number' and a.value::text !~ '^-?[0-9]{1,9}$')
    limit 1;
  end if;
  if v_problem is not null then
    raise exception using
      errcode = 'GWBCE',
      message = format('bad crontab entries, %s', v_problem),
      hint = 'Give a JSON array of objects: identifier, task, and of payload, queue_name, max_attempts, priority, '
        || 'job_key, job_key_mode what is wanted.';
  end if;

  for v_row in
    select e.*
    from json_to_recordset(entries) as e (
      identifier text,
      task text,
      payload json,
      queue_name text,
      max_attempts integer,
      priority integer,
      job_key text,
      job_key_mode text
    )
  loop
    perform @extschema@._private_check_job(
      identifier => v_row.task, queue_name => v_row.queue_name, max_attempts => v_row.max_attempts,
      job_key => v_row.job_key, priority => v_row.priority, flags => null
    );
    identifier := coalesce(v_row.identifier, v_row.task);
    perform @extschema@._private_check_crontab(identifier);
    if identifier = any(v_seen) then
      raise exception using
        errcode = 'GWBCI',
        message = format('crontab identifier %L stands twice', identifier),
        hint = 'Give entries for the same task an identifier each.';
    end if;
    v_seen := v_seen || identifier;
    job_key_mode := coalesce(v_row.job_key_mode, 'replace');
    if job_key_mode not in ('replace', 'preserve_run_at') then
      raise exception using
        errcode = 'GWBKM',
        message = format('bad job_key_mode %L of crontab entry %L', job_key_mode, identifier),
        hint = 'The job_key_mode of a crontab entry is replace or preserve_run_at.';
    end if;
    task := v_row.task;
    -- json_to_recordset makes a JSON null of a null.
    payload := nullif(v_row.payload::text, 'null')::json;
    queue_name := v_row.queue_name;
    max_attempts := v_row.max_attempts;
    priority := v_row.priority;
    job_key := v_row.job_key;
    return next;
  end loop;
end;
$$;

comment on function @extschema@._private_crontab_entries(json) is
$$Internal. The entries of schedule_crontabs as rows, identifier and job_key_mode with their defaults.
Raises GWBCE when they are not an array of objects, or an attribute is unknown or of another type; GWBCI when an
identifier is out of bounds or stands twice; GWBID, GWBQN, GWBMA, GWBKY, GWBPR or GWBKM for values of a job.$$;
