-- What pg_dump takes along: the rows of the queue and where its sequences stand. What a fresh install seeds is left to
-- the install that the restore begins with: of the shared ledger only what another runtime has added since, and nothing
-- of the tables that describe the install itself.
do $dump$
declare
  v_table text;
begin
  foreach v_table in array array['_private_job_queues', '_private_tasks', '_private_jobs'] loop
    perform pg_extension_config_dump(format('%s.%I', '@extschema@', v_table)::regclass, '');
    perform pg_extension_config_dump(pg_get_serial_sequence(format('%s.%I', '@extschema@', v_table), 'id'), '');
  end loop;
  perform pg_extension_config_dump('@extschema@._private_known_crontabs'::regclass, '');
  perform pg_extension_config_dump('@extschema@._private_workers'::regclass, '');
  perform pg_extension_config_dump('@extschema@.migrations'::regclass, 'where id > 20');
end;
$dump$;
