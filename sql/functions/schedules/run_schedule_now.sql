create or replace function @extschema@.run_schedule_now(identifier text) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule @extschema@._private_schedules;
  v_job_id bigint;
begin
  v_schedule := @extschema@._private_find_schedule(identifier => identifier);
  v_job_id := (
    @extschema@._private_add_crontab_specs(
      tick => now(),
      backfilled => false,
      specs => array[
        row(
          v_schedule.task_identifier, v_schedule.payload, v_schedule.queue_name, null, v_schedule.max_attempts,
          v_schedule.job_key, v_schedule.priority, null
        )::@extschema@.job_spec
      ],
      job_key_modes => array[v_schedule.job_key_mode]
    )
  )[1];
  update @extschema@._private_schedules as s
  set last_job_id = v_job_id
  where s.identifier = run_schedule_now.identifier;
  return v_job_id;
end;
$$;

comment on function @extschema@.run_schedule_now(text) is
$$Adds a job of a schedule at once, paused or not, and returns its id. Its ticks are as they were: the next one adds a
job as ever, unless skip_if_running finds this one. _cron in its payload says now as the tick.
Notifies: jobs:insert. Locks: the schedule, then what add_jobs locks. Errors: GWUSC, GWNOR, GWBNS.$$;
