create or replace function @extschema@._private_count_available(
  task_id integer,
  count_limit integer
) returns table (ready bigint, scheduled bigint, oldest timestamptz)
language sql stable
as $$
  with recursive plain (priority) as (
    (
      select j.priority
      from @extschema@._private_jobs as j
      where j.is_available and j.job_queue_id is null and j.task_id = _private_count_available.task_id
      order by j.task_id, j.priority, j.run_at, j.id
      limit 1
    )
    union all
    select (
      select j.priority
      from @extschema@._private_jobs as j
      where
        j.is_available
        and j.job_queue_id is null
        and j.task_id = _private_count_available.task_id
        and j.priority > p.priority
      order by j.task_id, j.priority, j.run_at, j.id
      limit 1
    )
    from plain as p
    where p.priority is not null
  ),

  queued (priority) as (
    (
      select j.priority
      from @extschema@._private_jobs as j
      where j.is_available and j.job_queue_id is not null and j.task_id = _private_count_available.task_id
      order by j.task_id, j.priority, j.run_at, j.id
      limit 1
    )
    union all
    select (
      select j.priority
      from @extschema@._private_jobs as j
      where
        j.is_available
        and j.job_queue_id is not null
        and j.task_id = _private_count_available.task_id
        and j.priority > p.priority
      order by j.task_id, j.priority, j.run_at, j.id
      limit 1
    )
    from queued as p
    where p.priority is not null
  ),

  due as (
    select
    from (
      select
      from (select p.priority from plain as p where p.priority is not null limit 1000) as p
      cross join lateral (
        select i.run_at
        from @extschema@._private_jobs as i
        where
          i.is_available
          and i.job_queue_id is null
          and i.task_id = _private_count_available.task_id
          and i.priority = p.priority
          and i.run_at <= now()
        limit _private_count_available.count_limit
      ) as j
      union all
      select
      from (select p.priority from queued as p where p.priority is not null limit 1000) as p
      cross join lateral (
        select i.run_at
        from @extschema@._private_jobs as i
        where
          i.is_available
          and i.job_queue_id is not null
          and i.task_id = _private_count_available.task_id
          and i.priority = p.priority
          and i.run_at <= now()
        limit _private_count_available.count_limit
      ) as j
    ) as d
    limit _private_count_available.count_limit
  ),

  later as (
    select
    from (
      select
      from (select p.priority from plain as p where p.priority is not null limit 1000) as p
      cross join lateral (
        select i.run_at
        from @extschema@._private_jobs as i
        where
          i.is_available
          and i.job_queue_id is null
          and i.task_id = _private_count_available.task_id
          and i.priority = p.priority
          and i.run_at > now()
        limit _private_count_available.count_limit
      ) as j
      union all
      select
      from (select p.priority from queued as p where p.priority is not null limit 1000) as p
      cross join lateral (
        select i.run_at
        from @extschema@._private_jobs as i
        where
          i.is_available
          and i.job_queue_id is not null
          and i.task_id = _private_count_available.task_id
          and i.priority = p.priority
          and i.run_at > now()
        limit _private_count_available.count_limit
      ) as j
    ) as l
    limit _private_count_available.count_limit
  ),

  first as (
    select j.run_at
    from (select p.priority from plain as p where p.priority is not null limit 1000) as p
    cross join lateral (
      select i.run_at
      from @extschema@._private_jobs as i
      where
        i.is_available
        and i.job_queue_id is null
        and i.task_id = _private_count_available.task_id
        and i.priority = p.priority
        and i.run_at <= now()
      order by i.task_id, i.priority, i.run_at, i.id
      limit 1
    ) as j
    union all
    select j.run_at
    from (select p.priority from queued as p where p.priority is not null limit 1000) as p
    cross join lateral (
      select i.run_at
      from @extschema@._private_jobs as i
      where
        i.is_available
        and i.job_queue_id is not null
        and i.task_id = _private_count_available.task_id
        and i.priority = p.priority
        and i.run_at <= now()
      order by i.task_id, i.priority, i.run_at, i.id
      limit 1
    ) as j
  )

  select
    (select count(*) from due),
    (select count(*) from later),
    (select min(f.run_at) from first as f)
$$;

comment on function @extschema@._private_count_available(integer, integer) is
$$Internal. How many jobs of a task are ready and scheduled, counted up to count_limit, and since when the oldest is
due.$$;
