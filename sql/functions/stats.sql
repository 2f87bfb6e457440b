create or replace function @extschema@.stats() returns table (
  total bigint,
  ready bigint,
  scheduled bigint,
  locked bigint,
  failed bigint,
  oldest_ready_age interval,
  queues bigint,
  locked_queues bigint,
  workers bigint
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    j.total,
    j.ready,
    j.scheduled,
    j.locked,
    j.failed,
    case when isfinite(j.oldest_ready) then now() - j.oldest_ready end,
    q.queues,
    q.locked_queues,
    (select count(*) from @extschema@._private_workers)
  from (
    select
      count(*) as total,
      count(*) filter (where s.state = 'ready') as ready,
      count(*) filter (where s.state = 'scheduled') as scheduled,
      count(*) filter (where s.state = 'locked') as locked,
      count(*) filter (where s.state = 'failed') as failed,
      min(i.run_at) filter (where s.state = 'ready') as oldest_ready
    from @extschema@._private_jobs as i
    cross join lateral @extschema@._private_job_state(i.is_available, i.locked_at, i.run_at) as s (state)
  ) as j
  cross join (
    select count(*) as queues, count(s.locked_at) as locked_queues from @extschema@._private_job_queues as s
  ) as q
$$;

comment on function @extschema@.stats() is
$$How the queue is doing, in one row. Jobs by state: ready (due; those behind a busy queue included), scheduled (due
later), locked (running or claimed), failed (out of attempts). oldest_ready_age: how long the job that waits longest
has been due. Reads the whole table.$$;
