create or replace function @extschema@.register_crontabs(
  identifiers text[],
  seen_at timestamptz default null
) returns table (identifier text, known_since timestamptz, last_execution timestamptz)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@._private_check_crontab(i.identifier) from unnest(identifiers) as i (identifier);

  -- In identifier order, so that two workers that register the same entries wait for each other in one direction.
  insert into @extschema@._private_known_crontabs as k (identifier, known_since)
  select i.identifier, coalesce(seen_at, now())
  from (
    select distinct n.identifier
    from unnest(identifiers) as n (identifier)
  ) as i
  where not exists (select from @extschema@._private_known_crontabs as o where o.identifier = i.identifier)
  order by i.identifier
  on conflict do nothing;

  -- A statement of its own: it sees what another session committed while the insert waited for it.
  return query
  select k.identifier, k.known_since, k.last_execution
  from @extschema@._private_known_crontabs as k
  where k.identifier = any(register_crontabs.identifiers)
  order by k.identifier;
end;
$$;

comment on function @extschema@.register_crontabs(text[], timestamptz) is
$$Makes crontab entries known, and returns a row for each of them, new ones included, by identifier: since when it is
known, and the last tick that was scheduled (null: none yet). Safe to repeat.

Call it at start and after every fault: the ticks of an entry after last_execution, or after known_since when that is
null, are those that may have to be backfilled. An entry that is new has none.
identifiers: 1 to 128 characters each. seen_at: what known_since becomes for new ones, now when null; a client that
takes its ticks from its own clock gives that clock's now.

Locks: new rows of crontabs. Errors: GWBCI.$$;
