create or replace function @extschema@.cleanup(tasks text[], keep text[], max_rows integer, dry_run boolean)
returns table (task text, removed bigint, names text[])
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_known constant text[] := array['delete_permanently_failed_jobs', 'gc_task_identifiers', 'gc_job_queues'];
  v_unknown text;
  v_ids integer[];
  v_has_uniques constant boolean := exists (select from @extschema@._private_uniques);
begin
  if max_rows < 1 then
    raise exception using
      errcode = 'GWBLM',
      message = format('bad max_rows %s', max_rows),
      hint = 'max_rows is 1 or more; null for all there are.';
  end if;
  select u.name into v_unknown
  from unnest(tasks) as u (name)
  where u.name is null or u.name <> all(v_known)
  limit 1;
  if found then
    raise exception using
      errcode = 'GWBCT',
      message = format('unknown cleanup task %s', coalesce(quote_literal(v_unknown), 'null')),
      hint = 'A cleanup task is ' || array_to_string(v_known, ', ') || '; null means all of them.';
  end if;
  if coalesce(dry_run, true) then
    return query
    select c.task, c.removed, c.names
    from @extschema@._private_cleanable(tasks => tasks, keep => keep, max_rows => max_rows) as c;
    return;
  end if;

  -- Whether a job refers to a task or queue must be looked at anew once its row is held.
  if tasks is null or tasks && array['gc_task_identifiers', 'gc_job_queues'] then
    perform @extschema@._private_check_isolation('cleanup');
  end if;

  if tasks is null or 'delete_permanently_failed_jobs' = any(tasks) then
    -- Chosen once: a subquery that passes over what is locked finds others each time that it is executed.
    with failed as materialized (
      select f.id
      from @extschema@._private_jobs as f
      where not f.is_available and f.locked_at is null
      order by f.task_id, f.id
      limit max_rows
      for update skip locked
    ), in_use as materialized (
      select @extschema@._private_forget_uniques(job_ids => array_agg(f.id)) as ids
      from failed as f
      having v_has_uniques
    ), gone as (
      delete from @extschema@._private_jobs as j
      where j.id in (select f.id from failed as f where f.id <> all(coalesce((select u.ids from in_use as u), '{}')))
      returning j.id
    )

    select count(*) into removed from gone;
    task := 'delete_permanently_failed_jobs';
    return next;
  end if;

  -- A row that an open transaction has just put to use is locked by it, and passed over. Of the rest, the look at
  -- the jobs is repeated once the rows are held: only then can no further job come to refer to them.
  if tasks is null or 'gc_task_identifiers' = any(tasks) then
    v_ids := array(
      select t.id
      from @extschema@._private_tasks as t
      where
        t.identifier <> all(array_remove(coalesce(keep, '{}'), null))
        and not exists (select from @extschema@._private_jobs as j where j.task_id = t.id)
      order by t.id
      limit max_rows
      for update skip locked
    );
    task := 'gc_task_identifiers';
    with gone as (
      delete from @extschema@._private_tasks as t
      where
        t.id = any(v_ids)
        and not exists (select from @extschema@._private_jobs as j where j.task_id = t.id)
      returning t.identifier
    )

    select count(*), (array_agg(g.identifier order by g.identifier))[:20] into removed, names from gone as g;
    return next;
  end if;

  if tasks is null or 'gc_job_queues' = any(tasks) then
    v_ids := array(
      select q.id
      from @extschema@._private_job_queues as q
      where
        q.is_available
        and not exists (select from @extschema@._private_jobs as j where j.job_queue_id = q.id)
      order by q.id
      limit max_rows
      for update skip locked
    );
    task := 'gc_job_queues';
    with gone as (
      delete from @extschema@._private_job_queues as q
      where
        q.id = any(v_ids)
        and not exists (select from @extschema@._private_jobs as j where j.job_queue_id = q.id)
      returning q.queue_name
    )

    select count(*), (array_agg(g.queue_name order by g.queue_name))[:20] into removed, names from gone as g;
    return next;
  end if;
end;
$$;

comment on function @extschema@.cleanup(text[], text[], integer, boolean) is
$$Tells what cleanup would remove with the same arguments; removes it, too, when dry_run is false. names: the first 20
tasks or queues. Rows in use by then are left out of what is removed, not out of a dry run, which locks nothing and
reads as much as the removal. Locks: the rows it removes. Errors: GWBCT, GWISO, GWBLM.$$;

create or replace function @extschema@.cleanup(
  tasks text[] default null,
  keep text[] default null,
  max_rows integer default null
) returns table (task text, removed bigint)
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  select c.task, c.removed
  from @extschema@.cleanup(tasks => tasks, keep => keep, max_rows => max_rows, dry_run => false) as c
$$;

comment on function @extschema@.cleanup(text[], text[], integer) is
$$Removes what is no longer needed, and returns a row per cleanup task with the number of rows removed. tasks, null
for all:
  delete_permanently_failed_jobs: jobs that are out of attempts.
  gc_task_identifiers: tasks that no job refers to, except those named in keep.
  gc_job_queues: unlocked queues that no job refers to.
max_rows: at most so many by each of them, so that millions need not be one transaction; call it again while one has
removed that many. Null for all at once. With a fourth argument, dry_run, it tells what it would remove.
Does not wait for anyone: rows in use are left for the next time. The last two read the whole table of jobs, the first
only those that have failed. Locks: the rows it removes. Errors: GWBCT, GWISO, GWBLM.$$;
