create or replace function @extschema@._private_recover_page(
  worker_id text,
  job_ids bigint[],
  actions text[],
  run_ats timestamptz[],
  attempts integer[],
  error_messages text[],
  recovery_delay interval,
  max_crashes integer
) returns table (id bigint, is_given_up boolean)
language plpgsql volatile
as $$
declare
  v_job record;
begin
  begin
    -- One that is deferred would raise at the commit, and take back the recovery of all.
    set constraints all immediate;
    return query
    select r.id, r.is_given_up
    from @extschema@._private_recover_jobs(
      worker_id => worker_id, job_ids => job_ids, actions => actions, run_ats => run_ats, attempts => attempts,
      error_messages => error_messages, recovery_delay => recovery_delay, max_crashes => max_crashes
    ) as r;
    return;
  exception
    when others or assert_failure then
      raise log 'a page of jobs of the dead worker % can not be recovered at once: %', worker_id, sqlerrm;
  end;
  -- Something does not let one of them through, a trigger perhaps: it alone is left behind.
  for v_job in
    select u.* from unnest(job_ids, actions, run_ats, _private_recover_page.attempts, error_messages) as u (
      id, action, run_at, attempts, error_message
    )
  loop
    begin
      set constraints all immediate;
      return query
      select r.id, r.is_given_up
      from @extschema@._private_recover_jobs(
        worker_id => worker_id, job_ids => array[v_job.id], actions => array[v_job.action],
        run_ats => array[v_job.run_at], attempts => array[v_job.attempts],
        error_messages => array[v_job.error_message], recovery_delay => recovery_delay, max_crashes => max_crashes
      ) as r;
    exception
      when others or assert_failure then
        raise warning 'job % of the dead worker % can not be recovered: %', v_job.id, worker_id, sqlerrm;
    end;
  end loop;
end;
$$;

comment on function @extschema@._private_recover_page(
  text, bigint[], text[], timestamptz[], integer[], text[], interval, integer
) is
$$Internal. _private_recover_jobs, one by one when it does not work for all. Returns those that were taken back.
Deferred constraints are checked at once, here and for the rest of the transaction.$$;
