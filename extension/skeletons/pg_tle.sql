-- Registers the extension with pg_tle, for servers whose file system is out of reach: run this in the database as a role
-- that has pgtle_admin, then: create schema my_queue; create extension graphile_worker schema my_queue;
select pgtle.install_extension(
  'graphile_worker',
  '@version@',
  '@description@',
@script@
);
