create or replace function @extschema@.recover_workers(
  worker_ids text[],
  last_heartbeats timestamptz[],
  recovery_delay interval default '30 seconds',
  max_crashes integer default 5
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
  v_page_size constant integer := 500;
  v_page bigint[];
  v_last_id bigint;
  v_recovered integer;
  v_given_up integer;
  v_dead_ids text[] := array[]::text[];
begin
  -- Whether a worker came back meanwhile, or claimed more, must be seen once its rows are held; and what can't be
  -- serialized would be left behind like a job that a trigger refuses.
  perform @extschema@._private_check_isolation('recover_workers');
  perform @extschema@._private_check_interval(name => 'recovery_delay', value => recovery_delay);
  perform @extschema@._private_check_max_crashes(max_crashes);
  if cardinality(worker_ids) is distinct from cardinality(last_heartbeats) then
    raise exception using
      errcode = 'GWBAL',
      message = format(
        'recover_workers got %s worker ids and %s heartbeats',
        coalesce(cardinality(worker_ids), 0), coalesce(cardinality(last_heartbeats), 0)
      ),
      hint = 'Give one heartbeat per worker id, null for one that is not registered.';
  end if;

  for worker_id, last_heartbeat_at in
    select u.id, u.heartbeat from unnest(worker_ids, last_heartbeats) as u (id, heartbeat)
  loop
    continue when
      worker_id is null or not @extschema@._private_condemn_worker(
        worker_id => worker_id, last_heartbeat_at => last_heartbeat_at
      );
    recovered_jobs := 0;
    given_up_jobs := 0;
    skipped_jobs := 0;
    v_last_id := 0;
    loop
      v_page := array(
        select h.id
        from @extschema@._private_held_ids(worker_id => recover_workers.worker_id) as h (id)
        where h.id > v_last_id
        order by h.id
        limit v_page_size
      );
      exit when v_page = '{}';
      v_last_id := v_page[cardinality(v_page)];
      select count(*) filter (where not r.is_given_up), count(*) filter (where r.is_given_up)
      into v_recovered, v_given_up
      from @extschema@._private_recover_page(
        worker_id => worker_id, job_ids => v_page, actions => null, run_ats => null, attempts => null,
        error_messages => null, recovery_delay => recovery_delay, max_crashes => max_crashes
      ) as r;
      recovered_jobs := recovered_jobs + v_recovered;
      given_up_jobs := given_up_jobs + v_given_up;
      skipped_jobs := skipped_jobs + cardinality(v_page) - v_recovered - v_given_up;
    end loop;
    v_dead_ids := v_dead_ids || worker_id;
    return next;
  end loop;
  perform @extschema@._private_bury_workers(v_dead_ids);
end;
$$;

comment on function @extschema@.recover_workers(text[], timestamptz[], interval, integer) is
$$Takes back everything that these workers hold, as sweep_stale_workers does, unless something was heard of them since.
last_heartbeats: the last one known of each (list_missing_workers, sweep_stale_workers(dry_run => true)); null for an id
that is not registered. Returns a row per worker that was taken for dead.
Locks: see sweep_stale_workers. Errors: GWBDU, GWBMC, GWBAL, GWISO.$$;
