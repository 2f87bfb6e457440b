-- graphile_worker @version@: installs the queue, or brings an installed one up to this release; safe to run again.
--
--   psql -v ON_ERROR_STOP=1 [-v schema=my_queue] -f graphile_worker.sql DATABASE
--
-- The schema (default: graphile_worker) is made when it is missing. All of it happens in one transaction, the caller's
-- if there is one, as whoever runs it: no superuser is needed, only create on the database, or on the schema. When
-- something is refused nothing is changed; after \i in a session of yours say rollback then. `graphile-worker migrate`
-- does the same and goes on from here; it is also what takes over a schema that another runtime made.
--
-- From top to bottom:
--
--   1  What is there: refuses what this file can't install over, or could break
--   2  Tables, where there is no queue yet
--   3  Two procedures for what follows, which are dropped at the end
--   4  Migrations, those that are missing
--   5  Functions, room by room
--   6  Views
--   7  Who may call what; what this release no longer has; what was installed
--   8  Migrations that need the functions
--   9  The end
--
-- In what is quoted @extschema@ stands for the name of the schema, which is put in when this is run.

\set ON_ERROR_STOP on
\set graphile_worker_quiet :QUIET
\set QUIET on
\if :{?schema}
\else
  \set schema graphile_worker
\endif

-- What is set for a transaction is still there in the next statement only if that is of the same transaction.
select pg_catalog.set_config('graphile_worker.install_within', 'on', true) as graphile_worker_within \gset
select
  coalesce(pg_catalog.current_setting('graphile_worker.install_within', true), '') = 'on' as graphile_worker_within
\gset
\if :graphile_worker_within
\else
  begin isolation level read committed, read write;
\endif
set local graphile_worker.install_schema to :'schema';

-- ---------------------------------------------------------------------------------------------------------------------
-- 1  What is there
-- ---------------------------------------------------------------------------------------------------------------------

-- Settings of the caller's, which have their values again at the end: timeouts are not meant for this, and nothing of
-- the caller's may come in between what is named here and what is found.
do $settings$
begin
  perform
    pg_catalog.set_config(
      'graphile_worker.install_before',
      pg_catalog.json_object_agg(s.name, pg_catalog.current_setting(s.name))::text, true
    )
  from pg_catalog.unnest(array[
    'search_path', 'client_min_messages', 'role', 'statement_timeout', 'lock_timeout',
    'idle_in_transaction_session_timeout', 'transaction_timeout'
  ]) as s (name)
  -- Not every server has all of them.
  where pg_catalog.current_setting(s.name, true) is not null;
  perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  perform set_config('client_min_messages', 'warning', true);
  perform set_config(s.name, '0', true)
  from json_object_keys(current_setting('graphile_worker.install_before')::json) as s (name)
  where s.name like '%_timeout';
end;
$settings$;

do $check$
declare
  v_schema text := current_setting('graphile_worker.install_schema');
  -- As it stands in SQL.
  v_quoted text := '"' || v_schema || '"';
  v_found record;
  v_newer text;
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
  -- The lock that `graphile-worker migrate` takes: any number may run at once, and take turns.
  perform pg_advisory_xact_lock(hashtextextended('graphile_worker migrate ' || v_schema, 0));

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
    execute format(
      'select b.version from %s._private_bundle as b where %s > %s', v_quoted,
      $$string_to_array(substring(b.version from '^[0-9.]*[0-9]'), '.')::integer[]$$,
      $$string_to_array(substring('@version@' from '^[0-9.]*[0-9]'), '.')::integer[]$$
    ) into v_newer;
    if v_newer is not null then
      raise warning 'the functions of release % stay: they are newer than this file, @version@', v_newer;
    end if;
  elsif v_found.relations <> '{}' then
    raise exception 'schema % holds %', v_quoted, array_to_string(v_found.relations, ', ') using
      errcode = 'object_not_in_prerequisite_state',
      hint = case
        when v_found.has_ledger then 'The queue of another runtime is taken over with: graphile-worker migrate'
        else 'Choose another schema with: -v schema=...'
      end;
  elsif not v_found.schema_exists then
    execute 'create schema ' || v_quoted;
  elsif v_found.schema_owner is not null then
    -- What is made is to be the schema's owner's.
    perform set_config('role', v_found.schema_owner, true);
  end if;

  -- For what follows.
  perform set_config('graphile_worker.install_newer', coalesce(v_newer, ''), true);
  perform set_config('graphile_worker.install_fresh', (not v_found.has_own_ledger)::text, true);
end;
$check$;

select
  current_setting('graphile_worker.install_fresh') as graphile_worker_fresh,
  current_setting('graphile_worker.install_newer') <> '' as graphile_worker_stays,
  '"' || :'schema' || '"' as graphile_worker_schema
\gset

-- ---------------------------------------------------------------------------------------------------------------------
-- 2  Tables, where there is no queue yet
-- ---------------------------------------------------------------------------------------------------------------------

\if :graphile_worker_fresh

select replace(@fresh@, '@extschema@', :'graphile_worker_schema') \gexec

\else

select replace(@newer@, '@extschema@', :'graphile_worker_schema') \gexec

\endif

-- ---------------------------------------------------------------------------------------------------------------------
-- 3  Two procedures for what follows, which are dropped at the end
-- ---------------------------------------------------------------------------------------------------------------------

select replace(@helpers@, '@extschema@', :'graphile_worker_schema') \gexec

-- ---------------------------------------------------------------------------------------------------------------------
-- 4  Migrations, those that are missing
-- ---------------------------------------------------------------------------------------------------------------------

@before@
-- Functions, views and grants are replaced wholesale, unless they are of a newer release: up to section 8.
\if :graphile_worker_stays
\else

-- ---------------------------------------------------------------------------------------------------------------------
-- 5  Functions, room by room
-- ---------------------------------------------------------------------------------------------------------------------

@functions@
-- ---------------------------------------------------------------------------------------------------------------------
-- 6  Views
-- ---------------------------------------------------------------------------------------------------------------------

@views@
-- ---------------------------------------------------------------------------------------------------------------------
-- 7  Who may call what; what this release no longer has; what was installed
-- ---------------------------------------------------------------------------------------------------------------------

@last@
\endif

-- ---------------------------------------------------------------------------------------------------------------------
-- 8  Migrations that need the functions
-- ---------------------------------------------------------------------------------------------------------------------

@after@
-- ---------------------------------------------------------------------------------------------------------------------
-- 9  The end
-- ---------------------------------------------------------------------------------------------------------------------

@dropped@

do $end$
begin
  perform pg_catalog.set_config(s.name, s.value, true)
  from pg_catalog.json_each_text(
    pg_catalog.current_setting('graphile_worker.install_before')::pg_catalog.json
  ) as s (name, value);
  raise notice 'graphile_worker % is installed in schema "%"',
    coalesce(nullif(pg_catalog.current_setting('graphile_worker.install_newer'), ''), '@version@'),
    pg_catalog.current_setting('graphile_worker.install_schema');
end;
$end$;

\if :graphile_worker_within
\else
  commit;
\endif
\set QUIET :graphile_worker_quiet
