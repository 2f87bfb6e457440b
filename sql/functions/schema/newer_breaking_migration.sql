create or replace function @extschema@.newer_breaking_migration(revision integer, migration integer) returns text
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select n.name
  from (
    select 1 as ledger, m.id, format('shared revision %s', m.id) as name
    from @extschema@.migrations as m
    where m.breaking and m.id > coalesce(newer_breaking_migration.revision, 0)
    union all
    select 2, m.id, m.name
    from @extschema@._private_migrations as m
    where m.breaking and m.id > coalesce(newer_breaking_migration.migration, 0)
  ) as n
  order by n.ledger desc, n.id desc
  limit 1
$$;

comment on function @extschema@.newer_breaking_migration(integer, integer) is
$$Returns the name of the newest breaking migration of this schema that a worker does not know; null when there is
none. revision: the last revision of the shared ledger that it knows (20 in this release); migration: the last of this
project's own; null knows none. A worker asks after every "worker:migrate", which does not say whose schema it is
about, after every new LISTEN, and every now and then, and stops when there is one. Reads the two ledgers. Every later
release has this function.$$;
