-- Whether a worker has to stop, as somebody has made a migration that it does not know.
select plan(9);

create function pg_temp.newer(revision integer, migration integer) returns text language sql as $$
  select graphile_worker.newer_breaking_migration(revision, migration)
$$;

select is(pg_temp.newer(20, 1000), null, 'a release that knows them all goes on');
select is(pg_temp.newer(15, 1000), 'shared revision 16', 'one that stops at 15 can''t');
select is(pg_temp.newer(12, 1000), 'shared revision 16', 'the newest is named');
select is(pg_temp.newer(null, 1000), 'shared revision 16', 'null knows none');

insert into graphile_worker.migrations (id, breaking) values (21, false);
insert into graphile_worker._private_migrations (id, name, breaking) values (1001, '1001_harmless', false);
select is(pg_temp.newer(20, 1000), null, 'what breaks nothing stops nobody');

insert into graphile_worker.migrations (id, breaking) values (22, true);
select is(pg_temp.newer(20, 1000), 'shared revision 22', 'another runtime''s');
select is(pg_temp.newer(22, 1000), null, 'unless it is known');

insert into graphile_worker._private_migrations (id, name, breaking) values (1002, '1002_breaking', true);
select is(pg_temp.newer(20, 1000), '1002_breaking', 'our own come first');
select is(pg_temp.newer(22, null), '1002_breaking', 'null knows none of these either');

select * from finish();
