
select pgtle.install_update_path(
  'graphile_worker',
  '@old@',
  '@version@',
@script@
);
