create or replace function @extschema@._private_renew_jobs(job_ids bigint[]) returns setof bigint
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_id bigint;
begin
  begin
    -- One that is deferred would raise at the commit, and take back the heartbeat.
    set constraints all immediate;
    update @extschema@._private_jobs as j set locked_at = now() where j.id = any(job_ids);
    return query select i.id from unnest(job_ids) as i (id);
    return;
  exception
    when others or assert_failure then
      raise log 'the locks of jobs can not be renewed at once: %', sqlerrm;
  end;
  -- Something does not let one of them through, a trigger perhaps: it alone is left behind.
  foreach v_id in array job_ids loop
    begin
      set constraints all immediate;
      update @extschema@._private_jobs as j set locked_at = now() where j.id = v_id;
      return next v_id;
    exception
      when others or assert_failure then
        raise warning 'the lock of job % can not be renewed: %', v_id, sqlerrm;
    end;
  end loop;
end;
$$;

comment on function @extschema@._private_renew_jobs(bigint[]) is
$$Internal. Dates anew the locks of these jobs, which the caller has locked; one by one when it does not work for all.
Returns those that it dated. Deferred constraints are checked at once, here and for the rest of the transaction.$$;
