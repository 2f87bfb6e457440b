create or replace function @extschema@._private_free_expired(
  job_ids bigint[],
  deleted_ids bigint[],
  cancelled_ids bigint[]
) returns setof bigint
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_id bigint;
begin
  begin
    -- One that is deferred would raise at the commit, and take back all.
    set constraints all immediate;
    delete from @extschema@._private_jobs as j where j.id = any(deleted_ids);
    perform @extschema@._private_release_cancelled(job_ids => cancelled_ids);
    update @extschema@._private_jobs as j
    set locked_by = null, locked_at = null, updated_at = now()
    where j.id = any(job_ids) and j.locked_at is not null;
    return query select i.id from unnest(job_ids) as i (id);
    return;
  exception
    when others or assert_failure then
      raise log 'locks that have expired can not be released at once: %', sqlerrm;
  end;
  -- Something does not let one of them through, a trigger perhaps: it alone is left behind.
  foreach v_id in array job_ids loop
    begin
      set constraints all immediate;
      if v_id = any(deleted_ids) then
        delete from @extschema@._private_jobs as j where j.id = v_id;
      elsif v_id = any(cancelled_ids) then
        perform @extschema@._private_release_cancelled(job_ids => array[v_id]);
      else
        update @extschema@._private_jobs as j
        set locked_by = null, locked_at = null, updated_at = now()
        where j.id = v_id;
      end if;
      return next v_id;
    exception
      when others or assert_failure then
        raise warning 'job % whose lock has expired can not be freed: %', v_id, sqlerrm;
    end;
  end loop;
end;
$$;

comment on function @extschema@._private_free_expired(bigint[], bigint[], bigint[]) is
$$Internal. Frees these jobs, which the caller has locked, deletes some of them, and ends the claims of those that were
cancelled; one by one when it does not work for all. Returns those that it freed or deleted. Deferred constraints are
checked at once, here and for the rest of the transaction.$$;
