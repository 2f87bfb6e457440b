create or replace function @extschema@.list_queues() returns table (
  queue_name text,
  ready bigint,
  scheduled bigint,
  locked bigint,
  failed bigint,
  locked_at timestamptz,
  locked_by text
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    q.queue_name,
    coalesce(c.ready, 0),
    coalesce(c.scheduled, 0),
    coalesce(c.locked, 0),
    coalesce(c.failed, 0),
    q.locked_at,
    q.locked_by
  from @extschema@._private_job_queues as q
  left join (
    select
      j.job_queue_id,
      count(*) filter (where s.state = 'ready') as ready,
      count(*) filter (where s.state = 'scheduled') as scheduled,
      count(*) filter (where s.state = 'locked') as locked,
      count(*) filter (where s.state = 'failed') as failed
    from @extschema@._private_jobs as j
    cross join lateral @extschema@._private_job_state(j.is_available, j.locked_at, j.run_at) as s (state)
    where j.job_queue_id is not null
    group by j.job_queue_id
  ) as c on c.job_queue_id = q.id
  order by coalesce(c.ready, 0) desc, q.queue_name
$$;

comment on function @extschema@.list_queues() is
$$Every named queue with its jobs by state (as in stats) and who holds it, the longest first. Reads the whole table.$$;
