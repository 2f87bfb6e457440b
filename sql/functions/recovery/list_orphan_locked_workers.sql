create or replace function @extschema@.list_orphan_locked_workers(stale_threshold interval) returns table (
  worker_id text
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@._private_check_interval(name => 'stale_threshold', value => stale_threshold);
  return query
  select l.locked_by
  from (
    select j.locked_by from @extschema@._private_jobs as j where j.locked_at < now() - stale_threshold
    union
    select q.locked_by from @extschema@._private_job_queues as q where q.locked_at < now() - stale_threshold
  ) as l
  where
    l.locked_by is not null
    and not exists (select from @extschema@._private_workers as w where w.id = l.locked_by)
  order by l.locked_by;
end;
$$;

comment on function @extschema@.list_orphan_locked_workers(interval) is
$$Lists the ids that hold jobs or queues locked longer ago than the threshold and are not registered as workers:
those that died without a trace, and workers that send no heartbeats. Errors: GWBDU.$$;
