-- Registers this release with a pg_tle that has an earlier one: run this in the database as a role that has pgtle_admin,
-- then: alter extension graphile_worker update;
begin;
select pgtle.install_extension_version_sql(
  'graphile_worker',
  '@version@',
@script@
);
@paths@
select pgtle.set_default_version('graphile_worker', '@version@');
commit;
