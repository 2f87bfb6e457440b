create or replace function @extschema@._private_failed_page(
  above_id bigint,
  below_id bigint,
  descending boolean,
  max_rows integer
) returns bigint[]
language plpgsql stable
as $$
begin
  -- The ends of each task's stretch of the index hold the ends of the whole.
  if descending then
    return array(
      select f.id
      from @extschema@._private_tasks as t
      cross join lateral (
        select j.id
        from @extschema@._private_jobs as j
        where
          not j.is_available and j.locked_at is null and j.task_id = t.id and j.id > above_id and j.id < below_id
        order by j.task_id desc, j.id desc
        limit max_rows
      ) as f
      order by f.id desc
      limit max_rows
    );
  end if;
  return array(
    select f.id
    from @extschema@._private_tasks as t
    cross join lateral (
      select j.id
      from @extschema@._private_jobs as j
      where
        not j.is_available and j.locked_at is null and j.task_id = t.id and j.id > above_id and j.id < below_id
      order by j.task_id, j.id
      limit max_rows
    ) as f
    order by f.id
    limit max_rows
  );
end;
$$;

comment on function @extschema@._private_failed_page(bigint, bigint, boolean, integer) is
$$Internal. The newest failed jobs between two ids, or the oldest, of whatever task.$$;
