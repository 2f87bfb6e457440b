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

do $install$
declare
  v_schema text := current_setting('graphile_worker.install_schema');
  -- As it stands in SQL.
  v_quoted text := '"' || v_schema || '"';
  v_search_path text := current_setting('search_path');
  v_client_min_messages text := current_setting('client_min_messages');
  v_role text := current_setting('role');
  v_owner text;
  v_is_installed boolean;
  v_breaking text;
  v_newer text;
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
  -- The lock that `graphile-worker migrate` takes: any number may run at once, and take turns.
  perform pg_advisory_xact_lock(hashtextextended('graphile_worker migrate ' || v_schema, 0));
  -- The sources name the schema of everything; nothing of the caller's may come in between.
  perform set_config('search_path', 'pg_catalog, pg_temp', true);
  perform set_config('client_min_messages', 'warning', true);

  v_is_installed := to_regclass(v_quoted || '._private_migrations') is not null;
  if not v_is_installed and to_regclass(v_quoted || '.migrations') is not null then
    raise exception 'schema % was made by another runtime', v_quoted using
      errcode = 'object_not_in_prerequisite_state', hint = 'Take it over with: graphile-worker migrate';
  end if;
  if exists (
    select from pg_depend as d
    where
      d.classid = 'pg_class'::regclass
      and d.objid = to_regclass(v_quoted || '._private_jobs')
      and d.refclassid = 'pg_extension'::regclass
      and d.deptype = 'e'
  ) then
    raise exception 'schema % belongs to the extension graphile_worker', v_quoted using
      errcode = 'object_not_in_prerequisite_state', hint = 'Use: alter extension graphile_worker update';
  end if;

  if v_is_installed then
    -- Whoever may act as the owner does: what is added has to be the same role's.
    select pg_get_userbyid(c.relowner) into v_owner
    from pg_class as c
    where
      c.oid = to_regclass(v_quoted || '._private_jobs')
      and pg_get_userbyid(c.relowner) <> current_user
      and pg_has_role(c.relowner, 'usage');
    if v_owner is not null then
      perform set_config('role', v_owner, true);
    end if;
  else
    if not exists (select from pg_namespace as n where n.nspname = v_schema) then
      execute 'create schema ' || v_quoted;
    end if;
    execute replace(@fresh@, '@extschema@', v_quoted);
  end if;

  execute replace(
    $$
      select
        string_agg(l.revision, ', ') filter (where l.breaking),
        string_agg(l.revision, ', ') filter (where not l.breaking)
      from (
        select m.id::text, m.breaking from @extschema@.migrations as m where m.id > 20
        union all
        select m.name, m.breaking from @extschema@._private_migrations as m where m.id > @known@
      ) as l (revision, breaking)
    $$,
    '@extschema@', v_quoted
  ) into v_breaking, v_newer;
  if v_breaking is not null then
    raise exception 'schema % has breaking revisions that release @version@ does not know: %', v_quoted, v_breaking using
      errcode = 'object_not_in_prerequisite_state', hint = 'Use the file of the release that made them, or of a newer one.';
  elsif v_newer is not null then
    raise warning 'schema % has revisions that release @version@ does not know, none of them breaking: %',
      v_quoted, v_newer;
  end if;

  -- Whatever migration is missing.
  foreach v_script in array array[
@migrations@
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

  perform set_config('role', v_role, true);
  perform set_config('search_path', v_search_path, true);
  perform set_config('client_min_messages', v_client_min_messages, true);
  raise notice 'graphile_worker % is installed in schema %', coalesce(v_version, '@version@'), v_quoted;
end;
$install$;

reset graphile_worker.install_schema;
