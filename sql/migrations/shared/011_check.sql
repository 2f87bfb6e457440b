-- What has to hold before revision 11: no job is being worked on, and every value fits where it will stand.
-- Asked before the first revision, so that a refusal changes nothing, and again when nobody can lock a job any more.
do $$
declare
  v_locks text := '@extschema@.job_queues';
  v_has_keys boolean;
  v_workers text;
  v_misfits text;
begin
  -- Before revision 2 only queues were locked, and jobs had no keys. A plan is made when a statement is first reached,
  -- and so never for a column that is missing.
  select string_agg(distinct coalesce(q.locked_by, 'somebody'), ', ') into v_workers
  from @extschema@.job_queues as q
  where q.locked_at > now() - interval '4 hours';
  v_has_keys := exists (
    select from pg_attribute as a where a.attrelid = '@extschema@.jobs'::regclass and a.attname = 'key'
  );
  if v_has_keys then
    select string_agg(distinct coalesce(l.locked_by, 'somebody'), ', ') into v_workers
    from (
      select q.locked_by from @extschema@.job_queues as q where q.locked_at > now() - interval '4 hours'
      union all
      select j.locked_by from @extschema@.jobs as j where j.locked_at > now() - interval '4 hours'
    ) as l;
    v_locks := v_locks || ' and @extschema@.jobs';
  end if;
  if v_workers is not null then
    raise exception using
      errcode = 'GWMLK',
      message = 'jobs are locked by ' || v_workers,
      hint = 'Stop the workers cleanly and try again. What stays locked although nothing runs any more, unlock: set '
        || 'locked_at and locked_by to null in ' || v_locks || '.';
  end if;

  select string_agg(distinct m.what, ', ') into v_misfits
  from (
    select format('a task identifier of %s characters (job %s)', length(j.task_identifier), j.id) as what
    from @extschema@.jobs as j
    where length(j.task_identifier) > 128
    union all
    select format('a queue name of %s characters (job %s)', length(j.queue_name), j.id)
    from @extschema@.jobs as j
    where length(j.queue_name) > 128
    limit 10
  ) as m;
  if v_misfits is null and v_has_keys then
    select string_agg(m.what, ', ') into v_misfits
    from (
      select format('a key of %s characters (job %s)', length(j.key), j.id) as what
      from @extschema@.jobs as j
      where length(j.key) > 512
      limit 10
    ) as m;
  end if;
  if v_misfits is not null then
    raise exception using
      errcode = 'GWMTL',
      message = 'names are too long: ' || v_misfits,
      hint = 'Task identifiers and queue names have up to 128 characters, keys up to 512. Shorten them, or remove the '
        || 'jobs, and try again.';
  end if;
end;
$$;
