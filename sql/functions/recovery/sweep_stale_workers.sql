create or replace function @extschema@.sweep_stale_workers(
  sweep_threshold interval default '5 minutes',
  recovery_delay interval default '30 seconds',
  dry_run boolean default false,
  resilient_flags text[] default '{infrastructure_resilient}',
  multiplier double precision default 3,
  max_crashes integer default 5,
  orphans_like text default E'graphile\\_worker\\_%',
  force boolean default false
) returns table (
  worker_id text,
  last_heartbeat_at timestamptz,
  recovered_jobs integer,
  given_up_jobs integer,
  skipped_jobs integer
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  v_ids text[];
  v_heartbeats timestamptz[];
begin
  perform @extschema@._private_check_interval(name => 'sweep_threshold', value => sweep_threshold);
  perform @extschema@._private_check_interval(name => 'recovery_delay', value => recovery_delay);
  perform @extschema@._private_check_max_crashes(max_crashes);
  if multiplier is null or not multiplier between 1 and 1000 then
    raise exception using
      errcode = 'GWBMU',
      message = format('bad multiplier %s', coalesce(multiplier::text, 'null')),
      hint = 'multiplier is 1 to 1000: so many times the threshold are workers with a resilient job given.';
  end if;
  dry_run := coalesce(dry_run, true);
  if not dry_run then
    perform @extschema@._private_check_isolation('sweep_stale_workers');
    if not coalesce(force, false) then
      perform @extschema@._private_check_threshold(sweep_threshold);
    end if;
  end if;
  if not dry_run and not pg_try_advisory_xact_lock(@extschema@._private_worker_lock('')) then
    return;
  end if;

  select array_agg(d.id order by d.seen_at, d.id), array_agg(d.heartbeat order by d.seen_at, d.id)
  into v_ids, v_heartbeats
  from (
    select w.id, w.last_heartbeat_at as heartbeat, w.last_heartbeat_at as seen_at
    from @extschema@._private_workers as w
    -- One that was taken for dead before is so at once: this is about what it still holds.
    where w.last_heartbeat_at < now() - sweep_threshold or w.metadata @> '{"swept": true}'
    union all
    select l.locked_by, null, max(l.locked_at)
    from (
      select j.locked_by, j.locked_at from @extschema@._private_jobs as j where j.locked_at is not null
      union all
      select q.locked_by, q.locked_at from @extschema@._private_job_queues as q where q.locked_at is not null
    ) as l
    where
      l.locked_by like orphans_like
      and not exists (select from @extschema@._private_workers as w where w.id = l.locked_by)
    group by l.locked_by
    having max(l.locked_at) < now() - sweep_threshold
  ) as d
  where
    d.seen_at < now() - sweep_threshold * multiplier
    or not @extschema@._private_holds_resilient_job(worker_id => d.id, resilient_flags => resilient_flags);

  if dry_run then
    return query
    select
      u.id,
      u.heartbeat,
      (
        select count(*)::integer
        from @extschema@._private_jobs as j
        where j.locked_by = u.id and j.locked_at is not null
      ),
      0,
      0
    from unnest(v_ids, v_heartbeats) as u (id, heartbeat);
    return;
  end if;
  return query
  select r.worker_id, r.last_heartbeat_at, r.recovered_jobs, r.given_up_jobs, r.skipped_jobs
  from @extschema@.recover_workers(
    worker_ids => coalesce(v_ids, '{}'), last_heartbeats => coalesce(v_heartbeats, '{}'),
    recovery_delay => recovery_delay, max_crashes => max_crashes
  ) as r;
  perform @extschema@._private_sweep_rooms();
end;
$$;

comment on function @extschema@.sweep_stale_workers(
  interval, interval, boolean, text[], double precision, integer, text, boolean
) is
$$Takes back what dead workers hold: their jobs are due again after recovery_delay, the attempt not counted, their
queues are released, and they are taken off the list of workers. Whatever tasks the caller knows. Dead are

- registered workers whose last heartbeat is older than sweep_threshold, and those that were taken for dead before and
  still hold something;
- orphans: ids that hold jobs or queues, are not registered, and have not claimed anything within the threshold. Of
these only ids like orphans_like: workers that send no heartbeats, as those of Node.js, are not dead for that. Null for
none, '%' for all.

A threshold by which workers that are well would be dead is refused, unless it is a dry run: less than two heartbeats of
the slowest one (its metadata may tell heartbeat_interval, in seconds; else 30). force: not even then.

A worker that holds a job with one of resilient_flags (and the flag not false, null, 0 or "") is given multiplier times
the threshold.

max_crashes: a job that is taken back for so many times has crashed its worker, it seems: it is failed for good, its
last_error says so. Null for no limit. From the second time on, a random delay that grows is added to recovery_delay, so
that other jobs that were held together with it get done.

Returns a row per dead worker, the one not heard of for longest first: its last heartbeat (null for an orphan), how many
jobs were recovered, how many given up, how many skipped because somebody holds their rows or something, such as a
trigger, does not let them be changed. These are met again by the next sweep, and hold up nothing else. Then jobs that
have expired are failed (expire_jobs). dry_run changes nothing; recovered_jobs is then what each holds; null is a dry
run, too. Returns nothing when another sweep is under way. Does not wait for anybody. Locks: an advisory one; per worker
its own row, then its jobs in id order; then queue rows in id order. Errors: GWBDU, GWBMC, GWBMU, GWBTH, GWISO.$$;
