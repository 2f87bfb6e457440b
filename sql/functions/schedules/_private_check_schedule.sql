create or replace function @extschema@._private_check_schedule(schedule @extschema@._private_schedules) returns void
language plpgsql stable
as $$
declare
  v_problem text;
  v_hint text;
begin
  perform @extschema@._private_check_crontab(identifier => schedule.identifier);
  perform @extschema@._private_check_job(
    identifier => schedule.task_identifier, queue_name => schedule.queue_name,
    max_attempts => schedule.max_attempts, job_key => schedule.job_key, priority => schedule.priority, flags => null
  );
  perform @extschema@._private_check_instants(
    name => 'starts_at or ends_at', instants => array[schedule.starts_at, schedule.ends_at]
  );
  perform @extschema@._private_check_interval(name => 'backfill', value => schedule.backfill);
  perform @extschema@._private_check_interval(name => 'jitter', value => schedule.jitter);
  perform @extschema@._private_time_zone(time_zone => schedule.time_zone);
  if schedule.cron is not null then
    perform @extschema@._private_cron_masks(expression => schedule.cron);
  end if;

  if num_nonnulls(schedule.cron, schedule.every) <> 1 and (schedule.file is null or schedule.cron is not null) then
    v_problem := 'it needs cron or every, and not both';
    v_hint := 'Say when: cron => ''0 8 * * 1'' or every => ''10 seconds''.';
  elsif
    extract(year from schedule.every) <> 0 or extract(month from schedule.every) <> 0
    or not schedule.every between interval '1 second' and interval '1000 years'
  then
    v_problem := format('bad every %s', schedule.every);
    v_hint := 'It is 1 second or more, in days and parts of them; for months write a cron expression.';
  elsif json_typeof(schedule.payload) <> 'object' then
    v_problem := format('its payload is no object: %s', left(schedule.payload::text, 100));
    v_hint := 'Give a JSON object, or nothing: each job''s payload says its tick, as _cron.';
  elsif schedule.job_key_mode is null or schedule.job_key_mode not in ('replace', 'preserve_run_at') then
    v_problem := format('bad job_key_mode %L', schedule.job_key_mode);
    v_hint := 'It is replace or preserve_run_at.';
  elsif schedule.job_key_mode = 'preserve_run_at' and schedule.job_key is null then
    v_problem := 'a job_key_mode without a job_key';
    v_hint := 'Give a job_key, too, or leave it out.';
  elsif schedule.skip_if_running is null then
    v_problem := 'bad skip_if_running null';
    v_hint := 'It is true or false.';
  elsif schedule.starts_at > schedule.ends_at then
    v_problem := 'it ends before it starts';
    v_hint := 'Let ends_at be after starts_at.';
  end if;
  if v_problem is not null then
    raise exception using
      errcode = 'GWBSC', message = format('bad schedule %L: %s', schedule.identifier, v_problem), hint = v_hint;
  end if;
end;
$$;

comment on function @extschema@._private_check_schedule(@extschema@._private_schedules) is
$$Internal. Raises GWBSC when a schedule is not one, GWBCI, GWBTZ, GWBTI, GWBDU, GWBID, GWBQN, GWBMA, GWBKY or GWBPR
when a value of it is out of bounds.$$;
