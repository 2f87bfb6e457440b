-- Somebody who lost its connection is back within a second or so, and must never be taken for dead for what kept
-- everybody from coming back, or from looking. So what counts is not the time on the clock since it was first missing:
--
--   the time between two looks, whoever makes them, counts for 2 seconds at most (and half the grace): the server's
--     clock may jump, the looks may have been cut off, too;
--   it begins anew after a restart of the server, when nobody looked for longer than the grace and two looks, and for
--     whoever said since that it lives, even if it is missing again;
--   who was named dead begins anew, too: whoever asked may die before it has taken back what that one held.
--
-- One look at a time: who meets another one passes, so nobody waits.
create or replace function @extschema@.watch_workers(
  own_ids text[] default '{}',
  grace interval default '5 seconds',
  resilient_flags text[] default '{infrastructure_resilient}'
) returns table (worker_id text, last_heartbeat_at timestamptz, dead_in interval)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_look constant interval := interval '2 seconds';
begin
  perform @extschema@._private_check_isolation('watch_workers');
  perform @extschema@._private_check_interval(name => 'grace', value => grace);
  -- That of the sweep is next to it.
  if not pg_try_advisory_xact_lock(@extschema@._private_worker_lock('') + 1) then
    return;
  end if;
  return query
  with missing as (
    select m.worker_id, m.last_heartbeat_at
    from @extschema@.list_missing_workers(own_ids => own_ids, resilient_flags => resilient_flags) as m
  ),

  back as (
    delete from @extschema@._private_missing_workers as n
    where not exists (select from missing as m where m.worker_id = n.worker_id)
  ),

  noted as (
    insert into @extschema@._private_missing_workers as n (
      worker_id, last_heartbeat_at, missing_for, seen_at, server_started_at
    )
    select m.worker_id, m.last_heartbeat_at, interval '0', now(), pg_postmaster_start_time() from missing as m
    on conflict on constraint _private_missing_workers_pkey do update
      set
        last_heartbeat_at = excluded.last_heartbeat_at,
        missing_for = case
          when
            n.last_heartbeat_at <> excluded.last_heartbeat_at
            or n.server_started_at <> excluded.server_started_at
            or excluded.seen_at - n.seen_at > grace + 2 * v_look
            or n.missing_for >= grace
            then interval '0'
          else n.missing_for + greatest(least(excluded.seen_at - n.seen_at, v_look, grace / 2), interval '0')
        end,
        seen_at = excluded.seen_at,
        server_started_at = excluded.server_started_at
    returning n.worker_id, n.last_heartbeat_at, n.missing_for
  )

  select n.worker_id, n.last_heartbeat_at, greatest(grace - n.missing_for, interval '0')
  from noted as n
  order by n.missing_for desc, n.last_heartbeat_at, n.worker_id;
end;
$$;

comment on function @extschema@.watch_workers(text[], interval, text[]) is
$$Notes which workers are missing (list_missing_workers), and says how soon each of them is dead if it stays so: dead_in
is 0 for one that was missing in every look for the grace, without a heartbeat. Hand its id and last_heartbeat_at to
recover_workers, or to list_held_jobs and recover_jobs, at once: this is said to one caller only, and the next to hear
it does so after another grace.
For every worker, of any number, to call every 2 seconds or so; and while somebody is missing after the least dead_in
and half the grace, if that is sooner. What was seen is kept in the database, so it may be on another connection each
time. own_ids, resilient_flags: as in list_missing_workers. grace: the same for all callers; what is counted in it, and
when it begins anew, stands in the source. Returns nothing while another look is under way, and waits for nobody.
Locks: advisory ones, one of its own and those of the missing, shared, until the end of the transaction: call it in one
of its own. Then rows of who is missing. Errors: GWBDU, GWISO.$$;
