create or replace function @extschema@.grant_role(role_name text, kind text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_routine regprocedure;
  v_wrong text;
  v_owner oid := (select c.relowner from pg_class as c where c.oid = '@extschema@._private_jobs'::regclass);
begin
  if kind is null or kind not in ('enqueue', 'worker', 'operator', 'none') then
    raise exception using
      errcode = 'GWBRK',
      message = format('bad kind of role %s', coalesce(quote_literal(kind), 'null')),
      hint = 'kind is enqueue, worker or operator; none takes everything back.';
  end if;
  if not exists (select from pg_roles as r where r.rolname = role_name) then
    raise exception using
      errcode = 'GWURO',
      message = format('unknown role %s', coalesce(quote_literal(role_name), 'null')),
      hint = 'Create it first. Everybody (public) cannot be granted anything here.';
  end if;
  -- Taking the owner's rights back would stop whatever runs as the owner.
  if role_name = pg_get_userbyid(v_owner) then
    raise exception using
      errcode = 'GWURO',
      message = format('role %L owns the queue', role_name),
      hint = 'The owner may do everything; name another role.';
  end if;

  -- Whoever creates functions beside ours could have one called in the place of ours, with the owner's rights.
  if kind <> 'none' and has_schema_privilege('public', '@extschema@'::regnamespace, 'create') then
    raise exception using
      errcode = 'GWPUB',
      message = 'everybody may create objects in schema @extschema@',
      hint = 'revoke create on schema @extschema@ from public; or keep the queue in a schema of its own.';
  end if;
  if
    kind <> 'none'
    and has_schema_privilege(role_name, '@extschema@'::regnamespace, 'create')
    -- Superusers and members of the owner may do everything as it is.
    and not pg_has_role(role_name, v_owner, 'member')
  then
    raise exception using
      errcode = 'GWPUB',
      message = format('role %L may create objects in schema %s', role_name, '@extschema@'::regnamespace),
      hint = format('revoke create on schema %s from %I; or let a role of its own own it.',
        '@extschema@'::regnamespace, role_name);
  end if;

  -- Who is granted a little may not have more already.
  select format('%s has privileges on %s', coalesce(w.grantee, 'whoever was granted some'), w.object) into v_wrong
  from @extschema@._private_wrong_privileges() as w
  limit 1;
  if kind <> 'none' and v_wrong is not null then
    raise exception using
      errcode = 'GWPUB',
      message = v_wrong || ' that only the owner is to have',
      hint = format(
        'graphile-worker migrate puts that right, and so does, in psql: select statement from '
        '%s._private_wrong_privileges() \gexec', '@extschema@'::regnamespace
      );
  end if;

  if kind = 'none' then
    for v_routine in select a.routine from @extschema@._private_api as a loop
      execute format('revoke all on function %s from %I', v_routine, role_name);
    end loop;
    execute format('revoke all on %s from %I', '@extschema@.functions'::regclass, role_name);
    execute format('revoke all on %s from %I', '@extschema@.jobs'::regclass, role_name);
    execute format('revoke usage on schema %s from %I', '@extschema@'::regnamespace, role_name);
    return;
  end if;

  execute format('grant usage on schema %s to %I', '@extschema@'::regnamespace, role_name);
  for v_routine in select a.routine from @extschema@._private_api as a where kind = any(a.kinds) loop
    execute format('grant execute on function %s to %I', v_routine, role_name);
  end loop;
  execute format('grant select on %s to %I', '@extschema@.functions'::regclass, role_name);
  if kind = 'operator' then
    execute format('grant select on %s to %I', '@extschema@.jobs'::regclass, role_name);
  end if;
end;
$$;

comment on function @extschema@.grant_role(text, text) is
$$Allows a role to use the queue; for the owner to call. kind:
  enqueue: add_job, add_jobs, add_unkeyed_jobs and analyze_jobs, nothing else. It sees no job but the one that a call of
    its own returns, which with a job_key is the job that had the key.
  worker: the worker protocol, and adding jobs. It sees the jobs that it claims.
  operator: everything to look at jobs, queues and workers (the view jobs included), and to complete, fail, reschedule,
    unlock, remove and clean up; not to add and not to claim jobs.
  none: takes all of that back.
Each of them may read the view functions, which says what else it may do. Kinds add up. Nobody but the owner reaches
the tables. Safe to repeat. Errors: GWBRK, GWURO, GWPUB (everybody, or the role itself, may create objects in the
schema, or somebody has privileges that only the owner is to have).$$;
