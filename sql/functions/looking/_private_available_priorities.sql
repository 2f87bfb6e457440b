create or replace function @extschema@._private_available_priorities(max_priorities integer) returns smallint[]
language sql stable
as $$
  -- One probe per priority: each looks for the next above the last.
  with recursive p (priority) as (
    (
      select j.priority
      from @extschema@._private_jobs as j
      where j.is_available
      order by j.priority, j.run_at
      limit 1
    )
    union all
    select (
      select j.priority
      from @extschema@._private_jobs as j
      where j.is_available and j.priority > p.priority
      order by j.priority, j.run_at
      limit 1
    )
    from p
    where p.priority is not null
  )

  select array(select p.priority from p where p.priority is not null limit max_priorities)
$$;

comment on function @extschema@._private_available_priorities(integer) is
$$Internal. The priorities of the jobs that are ready or scheduled, the lowest first, at most so many.$$;
