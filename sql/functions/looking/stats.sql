create or replace function @extschema@.stats() returns table (
  total bigint,
  ready bigint,
  scheduled bigint,
  locked bigint,
  failed bigint,
  oldest_ready_age interval,
  queues bigint,
  locked_queues bigint,
  workers bigint,
  paused_queues bigint,
  paused_tasks bigint,
  estimated text[],
  jobs_added bigint,
  jobs_deleted bigint,
  counted_at timestamptz,
  stale_workers bigint,
  at_least text[],
  held_back bigint
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
-- What is counted stands at one end of an index; no statistics may talk a plan into reading the table.
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
declare
  c_exact constant integer := 10000;
  v_priorities smallint[] := @extschema@._private_available_priorities(1000);
  v_estimates record;
  v_oldest timestamptz;
  v_queues bigint;
begin
  counted_at := clock_timestamp();
  estimated := '{}';
  at_least := '{}';
  select count(*) into ready
  from (
    select
    from unnest(v_priorities) as p (priority)
    cross join lateral (
      select
      from @extschema@._private_jobs as j
      where j.is_available and j.priority = p.priority and j.run_at <= now()
      -- From the latest on: what has come and gone stands at the other end, until vacuum can remove it.
      order by j.priority desc, j.run_at desc
      limit c_exact + 1
    ) as r
    limit c_exact + 1
  ) as c;
  select count(*) into scheduled
  from (
    select
    from unnest(v_priorities) as p (priority)
    cross join lateral (
      select
      from @extschema@._private_jobs as j
      where j.is_available and j.priority = p.priority and j.run_at > now()
      limit c_exact + 1
    ) as s
    limit c_exact + 1
  ) as c;
  select count(*) into locked
  from (select from @extschema@._private_jobs as j where j.locked_at is not null limit c_exact + 1) as c;
  select count(*) into failed
  from (
    select from @extschema@._private_jobs as j where not j.is_available and j.locked_at is null limit c_exact + 1
  ) as c;
  if greatest(ready, scheduled, locked, failed) > c_exact then
    select * into v_estimates from @extschema@._private_job_estimates();
    select
      array_agg(f.name order by f.place),
      coalesce(array_agg(f.name order by f.place) filter (where f.guess <= c_exact), '{}')
    into estimated, at_least
    from (
      values
      (1, 'ready', ready, v_estimates.ready),
      (2, 'scheduled', scheduled, v_estimates.scheduled),
      (3, 'locked', locked, v_estimates.locked),
      (4, 'failed', failed, v_estimates.failed)
    ) as f (place, name, counted, guess)
    where f.counted > c_exact;
    -- There are more than were counted, whatever the statistics say.
    ready := case when ready > c_exact then greatest(v_estimates.ready, ready) else ready end;
    scheduled := case when scheduled > c_exact then greatest(v_estimates.scheduled, scheduled) else scheduled end;
    locked := case when locked > c_exact then greatest(v_estimates.locked, locked) else locked end;
    failed := case when failed > c_exact then greatest(v_estimates.failed, failed) else failed end;
    at_least := at_least || case when at_least = estimated then '{total}'::text[] else '{}' end;
    estimated := estimated || '{total}'::text[];
  end if;
  total := ready + scheduled + locked + failed;

  select min(o.run_at) into v_oldest
  from unnest(v_priorities) as p (priority)
  cross join lateral (
    select j.run_at
    from @extschema@._private_jobs as j
    where j.is_available and j.priority = p.priority and j.run_at <= now()
    order by j.priority, j.run_at
    limit 1
  ) as o;
  oldest_ready_age := case when isfinite(v_oldest) then now() - v_oldest end;

  select count(*), count(c.locked_at) into queues, locked_queues
  from (select q.locked_at from @extschema@._private_job_queues as q limit c_exact + 1) as c;
  if queues > c_exact then
    v_queues := @extschema@._private_planned_rows('queues')::bigint;
    -- A queue is locked while a job of it is.
    select count(distinct l.job_queue_id) into locked_queues
    from (
      select j.job_queue_id from @extschema@._private_jobs as j where j.locked_at is not null limit c_exact
    ) as l;
    estimated := estimated || '{queues,locked_queues}'::text[];
    at_least := at_least
      || case when v_queues <= c_exact then '{queues}'::text[] else '{}' end
      || case when locked > c_exact then '{locked_queues}'::text[] else '{}' end;
    queues := greatest(v_queues, queues);
  end if;
  -- A worker that died without a word stays registered until a sweep comes by, and none does when nobody is left.
  select
    count(*) filter (where w.last_heartbeat_at >= now() - interval '5 minutes'),
    count(*) filter (where w.last_heartbeat_at < now() - interval '5 minutes')
  into workers, stale_workers
  from @extschema@._private_workers as w;
  select count(*) into paused_queues from @extschema@._private_paused_queues as p
  where (p.until > now()) is not false;
  select count(*) into paused_tasks from @extschema@._private_paused_tasks as p
  where (p.until > now()) is not false;
  select
    pg_stat_get_tuples_inserted('@extschema@._private_jobs'::regclass),
    pg_stat_get_tuples_deleted('@extschema@._private_jobs'::regclass)
  into jobs_added, jobs_deleted;
  held_back := @extschema@._private_held_back(c_exact);
  return next;
end;
$$;

comment on function @extschema@.stats() is
$$Tells how the queue is doing, in one row. Cheap at any length: each figure is counted up to 10,000, and above that
taken from statistics and a few pages of the table; then its name stands in estimated. Where these know of fewer than
were counted, the figure is 10,001 and its name in at_least, too: there are more than 10,000, and that is all. Jobs by
state: ready (due; those behind a busy queue, a pause or a limit included), scheduled (due later), locked (running or
claimed), failed (out of attempts). oldest_ready_age: how long the job that waits longest has been due. queues and those
locked; workers heard of within 5 minutes, and stale_workers that were not; paused queues and tasks. jobs_added,
jobs_deleted: rows that were inserted into the table (rolled back ones included), and deleted from it (done or removed),
ever since the server's statistics began; a second late. counted_at is the instant: throughput is the difference between
two looks. held_back: how many of those that are ready are of tasks whose limit leaves no room, counted up to 10,000 for
each task.$$;
