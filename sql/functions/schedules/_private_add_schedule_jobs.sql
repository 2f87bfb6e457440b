create or replace function @extschema@._private_add_schedule_jobs(
  tick timestamptz,
  backfilled boolean,
  specs @extschema@.job_spec[],
  job_key_modes text[]
) returns table (place integer, job_id bigint, error jsonb)
language plpgsql volatile rows 10
set lock_timeout = '2s'
as $$
begin
  if specs is null then
    return;
  end if;
  begin
    return query
    select j.place, j.job_id, j.error
    from @extschema@._private_add_crontab_jobs(
      tick => tick, backfilled => backfilled, specs => specs, job_key_modes => job_key_modes
    ) as j;
    return;
  exception
    when lock_not_available then
      raise log 'jobs of % wait for a lock, they are added one by one: %', tick, sqlerrm;
  end;

  -- A transaction that stays open has a job of the same key, perhaps: nobody else shall wait for that.
  perform set_config('lock_timeout', '100ms', true);
  for v_place in 1 .. cardinality(specs) loop
    begin
      return query
      select v_place, j.job_id, j.error
      from @extschema@._private_add_crontab_jobs(
        tick => tick, backfilled => backfilled, specs => specs[v_place:v_place],
        job_key_modes => job_key_modes[v_place:v_place]
      ) as j;
    exception
      when lock_not_available then null;
    end;
  end loop;
end;
$$;

comment on function @extschema@._private_add_schedule_jobs(
  timestamptz, boolean, @extschema@.job_spec[], text[]
) is
$$Internal. _private_add_crontab_jobs, without waiting longer than 2 seconds for a lock: then those jobs that do not
have to wait are added, and of the others there is no row.$$;
