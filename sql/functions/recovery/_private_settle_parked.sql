create or replace function @extschema@._private_settle_parked() returns bigint
language plpgsql volatile
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  v_ids bigint[];
  v_id bigint;
  v_count bigint;
begin
  v_ids := array(
    select f.id
    from unnest(@extschema@._private_available_priorities(max_priorities => 1000)) as p (priority)
    cross join lateral (
      select e.id
      from @extschema@._private_jobs as e
      where
        e.is_available
        and e.priority = p.priority
        and e.run_at >= @extschema@._private_parked()
        and @extschema@._private_ending(flags => e.flags) is not null
      order by e.priority, e.run_at
      limit 10000
      for update skip locked
    ) as f
  );
  begin
    -- One that is deferred would raise at the commit, and take back all.
    set constraints all immediate;
    delete from @extschema@._private_jobs as j
    where j.id = any(v_ids) and @extschema@._private_ending(flags => j.flags) = 'delete';
    get diagnostics v_count = row_count;
    return v_count + (select count(*) from @extschema@._private_release_cancelled(job_ids => v_ids));
  exception
    when others or assert_failure then
      raise log 'jobs that were superseded or cancelled can not be settled at once: %', sqlerrm;
  end;
  v_count := 0;
  -- Something does not let one of them through, a trigger perhaps: it alone is left behind.
  foreach v_id in array v_ids loop
    begin
      set constraints all immediate;
      delete from @extschema@._private_jobs as j
      where j.id = v_id and @extschema@._private_ending(flags => j.flags) = 'delete';
      if not found then
        perform @extschema@._private_release_cancelled(job_ids => array[v_id]);
      end if;
      v_count := v_count + 1;
    exception
      when others or assert_failure then
        raise warning 'job % that was superseded or cancelled can not be settled: %', v_id, sqlerrm;
    end;
  end loop;
  return v_count;
end;
$$;

comment on function @extschema@._private_settle_parked() is
$$Internal. Ends the jobs that were superseded or cancelled while they were claimed, and given back by another runtime,
which does not know what that means; nobody claims them: deletes them, or fails those that were cancelled and are not to
be removed; one by one when it does not work for all. Returns how many. Deferred constraints are checked at once, here
and for the rest of the transaction. Locks: those rows, leaving out the ones that are locked.$$;
