-- graphile_worker @version@: installs the queue, or brings an installed one up to this release; safe to run again.
--
--   psql -v ON_ERROR_STOP=1 [-v schema=my_queue] -f graphile_worker.sql DATABASE
--
-- The schema (default: graphile_worker) is made when it is missing. All of it happens in one transaction, as whoever
-- runs it: no superuser is needed, only create on the database, or on the schema. `graphile-worker migrate` does the
-- same and goes on from here; it is also what takes over a schema that another runtime made.

\set ON_ERROR_STOP on
\if :{?schema}
\else
  \set schema graphile_worker
\endif
set graphile_worker.install_schema to :'schema';
-- A role's or database's timeout for statements is not meant for this one; it can't be lifted from within.
select current_setting('statement_timeout') as graphile_worker_statement_timeout \gset
set statement_timeout to 0;

do $install$
declare
  v_schema text := current_setting('graphile_worker.install_schema');
  -- As it stands in SQL.
  v_quoted text := '"' || v_schema || '"';
  v_search_path text := current_setting('search_path');
  v_client_min_messages text := current_setting('client_min_messages');
  v_lock_timeout text := current_setting('lock_timeout');
  v_transaction_timeout text := current_setting('transaction_timeout', true);
  v_role text := current_setting('role');
  v_found record;
  v_version text;
  v_script text;
begin
  if current_setting('server_version_num')::integer < 120000 then
    raise exception 'PostgreSQL % is too old', current_setting('server_version') using
      errcode = 'feature_not_supported', hint = 'PostgreSQL 12 or newer is needed; nothing was changed.';
  end if;
  if v_schema = '' or v_schema ~ '["''$\\]' or octet_length(v_schema) > 63 or v_schema like 'pg\_%' then
    raise exception 'bad schema name %', quote_literal(v_schema) using
      errcode = 'invalid_schema_name',
      hint = 'Any name of up to 63 bytes works but one with a quote, a double quote, a dollar sign or a backslash, '
        'or one that begins with pg_.';
  end if;
  perform set_config('lock_timeout', '0', true);
  -- PostgreSQL 17 has this one, too.
  if v_transaction_timeout is not null then
    perform set_config('transaction_timeout', '0', true);
  end if;
  -- The lock that `graphile-worker migrate` takes: any number may run at once, and take turns.
  perform pg_advisory_xact_lock(hashtextextended('graphile_worker migrate ' || v_schema, 0));
  -- The sources name the schema of everything; nothing of the caller's may come in between.
  perform set_config('search_path', 'pg_catalog, pg_temp', true);
  perform set_config('client_min_messages', 'warning', true);

  execute replace(@inspect@, '@extschema@', v_quoted) into v_found;
  if v_found.extension is not null then
    raise exception 'schema % belongs to the extension %', v_quoted, v_found.extension using
      errcode = 'object_not_in_prerequisite_state',
      hint = format('Use: alter extension %s update', v_found.extension);
  end if;
  if v_found.has_ledger and v_found.has_own_ledger then
    if not v_found.may_change then
      raise exception 'the tables in schema % belong to the role %', v_quoted, v_found.owner using
        errcode = 'insufficient_privilege',
        hint = format('Run this as %s, or as a member of that role that may act as it.', v_found.owner);
    end if;
    -- Whoever may act as the owner does: what is added has to be the same role's.
    if v_found.switch_role then
      perform set_config('role', v_found.owner, true);
    end if;
  elsif v_found.relations <> '{}' then
    raise exception 'schema % holds %', v_quoted, array_to_string(v_found.relations, ', ') using
      errcode = 'object_not_in_prerequisite_state',
      hint = case
        when v_found.has_ledger then 'The queue of another runtime is taken over with: graphile-worker migrate'
        else 'Choose another schema with: -v schema=...'
      end;
  else
    if not v_found.schema_exists then
      execute 'create schema ' || v_quoted;
    end if;
    execute replace(@fresh@, '@extschema@', v_quoted);
  end if;

  -- Whatever migration is missing, unless there is one that this release does not know.
  foreach v_script in array array[
@parts@
  ]::text[] loop
    execute replace(v_script, '@extschema@', v_quoted);
  end loop;

  -- Functions, views and grants are replaced wholesale, unless they are of a newer release.
  execute format(
    'select b.version from %s._private_bundle as b where %s > %s', v_quoted,
    $$string_to_array(substring(b.version from '^[0-9.]*[0-9]'), '.')::integer[]$$,
    $$string_to_array(substring('@version@' from '^[0-9.]*[0-9]'), '.')::integer[]$$
  ) into v_version;
  if v_version is not null then
    raise warning 'the functions of release % stay: they are newer than this file, @version@', v_version;
  else
    foreach v_script in array array[
@bundle@
    ] loop
      execute replace(v_script, '@extschema@', v_quoted);
    end loop;
  end if;
  foreach v_script in array array[
@after@
  ]::text[] loop
    execute replace(v_script, '@extschema@', v_quoted);
  end loop;

  perform set_config('role', v_role, true);
  perform set_config('search_path', v_search_path, true);
  perform set_config('client_min_messages', v_client_min_messages, true);
  perform set_config('lock_timeout', v_lock_timeout, true);
  if v_transaction_timeout is not null then
    perform set_config('transaction_timeout', v_transaction_timeout, true);
  end if;
  raise notice 'graphile_worker % is installed in schema %', coalesce(v_version, '@version@'), v_quoted;
end;
$install$;

set statement_timeout to :'graphile_worker_statement_timeout';
reset graphile_worker.install_schema;
