create or replace function @extschema@._private_change_matching_jobs(
  action text,
  task text,
  queue text,
  state text,
  error_like text,
  changed_before timestamptz,
  changed_since timestamptz,
  job_ids bigint[],
  after_id bigint,
  max_jobs integer,
  max_rows integer,
  dry_run boolean,
  error_message text default null,
  run_at timestamptz default null,
  priority integer default null,
  attempts integer default null,
  max_attempts integer default null,
  remove boolean default false,
  out changed bigint,
  out looked_at bigint,
  out last_id bigint,
  out more boolean,
  out skipped bigint
)
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_is_dry constant boolean := coalesce(dry_run, true);
  v_ids bigint[];
  v_in_use bigint[];
begin
  select m.* into v_ids, looked_at, last_id, more, skipped
  from @extschema@._private_matching_jobs(
    action => action, task => task, queue => queue, state => state, error_like => error_like,
    changed_before => changed_before, changed_since => changed_since, job_ids => job_ids, after_id => after_id,
    max_jobs => max_jobs, max_rows => max_rows, dry_run => v_is_dry
  ) as m;
  if v_is_dry then
    changed := cardinality(v_ids);
    return;
  end if;
  case action
    when 'complete' then
      delete from @extschema@._private_jobs as j where j.id = any(v_ids);
    when 'remove' then
      -- Those whose unique keys are in use are themselves.
      v_in_use := @extschema@._private_forget_uniques(job_ids => v_ids);
      skipped := skipped + cardinality(v_in_use);
      delete from @extschema@._private_jobs as j where j.id = any(v_ids) and j.id <> all(v_in_use);
    when 'fail' then
      update @extschema@._private_jobs as j
      set
        last_error = coalesce(error_message, 'Manually marked as failed'),
        attempts = j.max_attempts,
        updated_at = now()
      where j.id = any(v_ids);
    when 'cancel' then
      perform from @extschema@._private_cancel_locked(
        job_ids => v_ids, reason => error_message, remove => coalesce(remove, false)
      );
    when 'retry', 'reschedule' then
      update @extschema@._private_jobs as j
      set
        run_at = coalesce(
          _private_change_matching_jobs.run_at,
          -- Who gave it back may not have known that it was parked.
          case when @extschema@._private_is_cancelled(flags => j.flags) then now() else j.run_at end
        ),
        priority = coalesce(_private_change_matching_jobs.priority, j.priority),
        attempts = coalesce(_private_change_matching_jobs.attempts, j.attempts),
        max_attempts = coalesce(_private_change_matching_jobs.max_attempts, j.max_attempts),
        flags = @extschema@._private_uncancelled(flags => j.flags),
        updated_at = now()
      where j.id = any(v_ids);
  end case;
  get diagnostics changed = row_count;
end;
$$;

comment on function @extschema@._private_change_matching_jobs(
  text, text, text, text, text, timestamptz, timestamptz, bigint[], bigint, integer, integer, boolean, text,
  timestamptz, integer, integer, integer, boolean
) is
$$Internal. What <action>_matching_jobs does, one for each action of list_default_states; it neither checks the new
values nor notifies. A dry_run, also one that is null, counts the jobs, and changes and locks nothing.
Locks: job rows in id order, passing over those in use.$$;
