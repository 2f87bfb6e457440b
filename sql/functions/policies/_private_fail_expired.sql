create or replace function @extschema@._private_fail_expired(job_ids bigint[]) returns setof bigint
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
set jit = off
as $$
declare
  c_error constant text := 'Expired: not started in time';
  v_id bigint;
begin
  begin
    -- One that is deferred would raise at the commit, and take back all.
    set constraints all immediate;
    return query
    update @extschema@._private_jobs as j
    set attempts = j.max_attempts, last_error = c_error, updated_at = now()
    where j.id = any(job_ids)
    returning j.id;
    return;
  exception
    when others or assert_failure then
      if @extschema@._private_may_pass(sqlstate) and not @extschema@._private_is_collision(sqlstate) then
        raise;
      end if;
      raise log 'jobs that have expired can not be failed at once: %', sqlerrm;
  end;
  -- Something does not let one of them through, a trigger perhaps: it alone is left behind.
  foreach v_id in array job_ids loop
    begin
      set constraints all immediate;
      return query
      update @extschema@._private_jobs as j
      set attempts = j.max_attempts, last_error = c_error, updated_at = now()
      where j.id = v_id
      returning j.id;
    exception
      when others or assert_failure then
        if @extschema@._private_may_pass(sqlstate) and not @extschema@._private_is_collision(sqlstate) then
          raise;
        end if;
        raise warning 'job % has expired and can not be failed: %', v_id, sqlerrm;
    end;
  end loop;
end;
$$;

comment on function @extschema@._private_fail_expired(bigint[]) is
$$Internal. Fails jobs for good that have expired, which the caller has locked; one by one when it does not work for all
of them. Returns those that it failed. Deferred constraints are checked at once, here and for the rest of the
transaction.$$;
