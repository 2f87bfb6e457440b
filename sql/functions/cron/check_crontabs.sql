create or replace function @extschema@.check_crontabs(entries json) returns table (
  identifier text,
  error_code text,
  error_message text,
  error_hint text
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_entry record;
  v_passed boolean;
begin
  for v_entry in select e.* from @extschema@._private_crontab_entries(entries => entries) as e loop
    identifier := v_entry.identifier;
    error_code := v_entry.error ->> 'code';
    error_message := v_entry.error ->> 'message';
    error_hint := v_entry.error ->> 'hint';
    if error_code is null then
      v_passed := false;
      begin
        if v_entry.cron is not null then
          perform @extschema@._private_cron_masks(expression => v_entry.cron);
        end if;
        perform @extschema@._private_time_zone(time_zone => coalesce(v_entry.time_zone, 'UTC'));
        perform @extschema@._private_check_interval(
          name => 'backfill', value => coalesce(v_entry.backfill, '0')::interval
        );
        set constraints all immediate;
        perform @extschema@._private_add_crontab_specs(
          tick => clock_timestamp(), backfilled => false, specs => array[
            row(
              v_entry.task, v_entry.payload, v_entry.queue_name, null, v_entry.max_attempts, v_entry.job_key,
              v_entry.priority, null
            )::@extschema@.job_spec
          ],
          job_key_modes => array[v_entry.job_key_mode]
        );
        v_passed := true;
        raise exception 'undone';
      exception
        when others or assert_failure then
          if @extschema@._private_may_pass(error_code => sqlstate) then
            raise;
          end if;
          if not v_passed then
            get stacked diagnostics
              error_code = returned_sqlstate, error_message = message_text, error_hint = pg_exception_hint;
          end if;
      end;
    end if;
    if error_code is not null then
      return next;
    end if;
  end loop;
end;
$$;

comment on function @extschema@.check_crontabs(json) is
$$Tells which crontab entries schedule_crontabs or publish_schedules would leave out, by adding a job for each and
undoing that: no job, notification or row stays, but ids are used up, and triggers run. entries: as there.
Returns a row for each entry that is refused, in their order: identifier (null when it can't be read), error_code (an
SQLSTATE), error_message, error_hint.

Locks: what add_jobs locks, for each entry until it is undone.
Errors: GWBCE (no array). Of one entry, in the answer: GWBCE, GWBCI, GWBID, GWBQN, GWBMA, GWBKY, GWBPR, GWBKM, GWBSC,
GWBTZ, GWBDU, GWNOR, GWBNS, and whatever a trigger raises. Collisions and faults of the server (40001, 40P01, classes
53 and 57) are raised.$$;
