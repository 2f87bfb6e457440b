create or replace function @extschema@.recover_jobs(
  worker_id text,
  last_heartbeat_at timestamptz,
  job_ids bigint[],
  actions text[],
  run_ats timestamptz[] default null,
  attempts integer[] default null,
  error_messages text[] default null,
  recovery_delay interval default '30 seconds',
  max_crashes integer default 5
) returns table (id bigint, is_given_up boolean)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_unknown text;
begin
  -- As in recover_workers.
  perform @extschema@._private_check_isolation('recover_jobs');
  perform @extschema@._private_check_worker_id(worker_id);
  perform @extschema@._private_check_interval(name => 'recovery_delay', value => recovery_delay);
  perform @extschema@._private_check_max_crashes(max_crashes);
  if
    cardinality(job_ids) is distinct from cardinality(actions)
    or cardinality(run_ats) <> cardinality(job_ids)
    or cardinality(recover_jobs.attempts) <> cardinality(job_ids)
    or cardinality(error_messages) <> cardinality(job_ids)
  then
    raise exception using
      errcode = 'GWBAL',
      message = format(
        'recover_jobs got %s job ids, %s actions, %s instants, %s attempts and %s error messages',
        coalesce(cardinality(job_ids), 0),
        coalesce(cardinality(actions), 0),
        coalesce(cardinality(run_ats)::text, 'no'),
        coalesce(cardinality(recover_jobs.attempts)::text, 'no'),
        coalesce(cardinality(error_messages)::text, 'no')
      ),
      hint = 'Give one action per job id; of the others one (or null) per job id, or no array at all.';
  end if;
  select a.name into v_unknown
  from unnest(actions) as a (name)
  where a.name is null or a.name not in ('default', 'reschedule', 'fail')
  limit 1;
  if found then
    raise exception using
      errcode = 'GWBRA',
      message = format('unknown action %s', coalesce(quote_literal(v_unknown), 'null')),
      hint = 'An action is default, reschedule or fail; leave out a job that is to stay as it is.';
  end if;

  if not @extschema@._private_condemn_worker(worker_id => worker_id, last_heartbeat_at => last_heartbeat_at) then
    return;
  end if;
  return query
  select r.id, r.is_given_up
  from @extschema@._private_recover_page(
    worker_id => worker_id, job_ids => job_ids, actions => actions, run_ats => run_ats,
    attempts => recover_jobs.attempts, error_messages => error_messages, recovery_delay => recovery_delay,
    max_crashes => max_crashes
  ) as r;
  perform @extschema@._private_bury_workers(array[worker_id]);
end;
$$;

comment on function @extschema@.recover_jobs(
  text, timestamptz, bigint[], text[], timestamptz[], integer[], text[], interval, integer
) is
$$Takes back jobs of a dead worker one way or another, unless something was heard of it since. For a sweeper that
decides about each (sweep_stale_workers(dry_run => true) or list_missing_workers, then list_held_jobs).
actions, one per id:

- default: as sweep_stale_workers does, with recovery_delay and max_crashes;
- reschedule: due at its run_at, with its attempts made; null is the default's;
- fail: failed like its worker would have, with its error message: the attempt counts, the retry is due exp(attempts)
  seconds from now.

A job that is left out stays locked. Queues of the worker that nothing of it is in are released, and once it holds
nothing it is taken off the list; call it with empty arrays for one that held nothing. last_heartbeat_at: the last one
known, null for an id that is not registered. Returns the jobs that were taken back, and which of them were given up.
Locks: see sweep_stale_workers. Errors: GWBWI, GWBDU, GWBMC, GWBAL, GWBRA, GWISO.$$;
