create or replace function @extschema@._private_forget_crashes() returns void
language plpgsql volatile
as $$
begin
  delete from @extschema@._private_crashes as c
  where c.job_id = any(array(
    select e.job_id
    from @extschema@._private_crashes as e
    where not exists (
      select
      from @extschema@._private_jobs as j
      where j.id = e.job_id and (j.is_available or j.locked_at is not null)
    )
    for update skip locked
  ));
exception
  when others or assert_failure then
    raise log 'crashes of jobs that have ended can not be forgotten: %', sqlerrm;
end;
$$;

comment on function @extschema@._private_forget_crashes() is
$$Internal. Forgets what was counted about jobs that have ended. Does not wait, and raises nothing. Locks: those rows,
leaving out the ones that are locked.$$;
