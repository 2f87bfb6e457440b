create or replace function @extschema@.list_crontabs() returns table (
  identifier text,
  known_since timestamptz,
  last_execution timestamptz
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select k.identifier, k.known_since, k.last_execution
  from @extschema@._private_known_crontabs as k
  order by k.identifier
$$;

comment on function @extschema@.list_crontabs() is
$$Lists every crontab entry that a worker has ever registered, by identifier: since when it is known, and the last tick
that was scheduled, null when none was. Entries that are no longer in any crontab stay listed.$$;
