-- Roles that may use the queue without owning it. The role here is one that every server has and that can do nothing.
select plan(38);

create function pg_temp.callable(role_name text) returns text[] language sql as $$
  select array(
    select p.oid::regprocedure::text from pg_proc as p
    where p.pronamespace = 'graphile_worker'::regnamespace and has_function_privilege(role_name, p.oid, 'execute')
    order by 1
  )
$$;
create function pg_temp.of_kind(variadic kinds text[]) returns text[] language sql as $$
  select array(
    select a.routine::text from graphile_worker._private_api as a where a.kinds && of_kind.kinds order by 1
  )
$$;
create function pg_temp.reachable(role_name text) returns bigint language sql as $$
  select count(*) from pg_class as c
  where
    c.relnamespace = 'graphile_worker'::regnamespace
    and case c.relkind
      when 'S' then has_sequence_privilege(role_name, c.oid, 'select, usage, update')
      when 'r' then
        has_table_privilege(role_name, c.oid, 'select, insert, update, delete, truncate, references, trigger')
        or has_any_column_privilege(role_name, c.oid, 'select, insert, update, references')
      else false
    end
$$;
create function pg_temp.sees_view(role_name text) returns boolean language sql as $$
  select has_table_privilege(role_name, 'graphile_worker.jobs', 'select')
$$;
create function pg_temp.reads_functions(role_name text) returns boolean language sql as $$
  select has_table_privilege(role_name, 'graphile_worker.functions', 'select')
$$;
create function pg_temp.enters(role_name text) returns boolean language sql as $$
  select has_schema_privilege(role_name, 'graphile_worker', 'usage')
$$;

-- Before.
select is(pg_temp.callable('pg_signal_backend'), '{}', 'a role can call nothing');
select is(pg_temp.enters('pg_signal_backend'), false, 'and does not get into the schema');
select is(pg_temp.reachable('pg_signal_backend'), 0::bigint, 'and reaches no table');

-- One kind after the other.
create temp table outcomes (kind text, callable text[], sees_view boolean, enters boolean, creates boolean, reachable bigint,
  reads_functions boolean);
do $$
declare
  v_kind text;
begin
  foreach v_kind in array array['enqueue', 'worker', 'operator'] loop
    perform graphile_worker.grant_role('pg_signal_backend', v_kind);
    perform graphile_worker.grant_role('pg_signal_backend', v_kind);
    insert into outcomes values (
      v_kind, pg_temp.callable('pg_signal_backend'), pg_temp.sees_view('pg_signal_backend'), pg_temp.enters('pg_signal_backend'),
      has_schema_privilege('pg_signal_backend', 'graphile_worker', 'create'), pg_temp.reachable('pg_signal_backend'),
      pg_temp.reads_functions('pg_signal_backend')
    );
    perform graphile_worker.grant_role('pg_signal_backend', 'none');
    perform graphile_worker.grant_role('pg_signal_backend', 'none');
    insert into outcomes values (
      'no longer ' || v_kind, pg_temp.callable('pg_signal_backend'), pg_temp.sees_view('pg_signal_backend'),
      pg_temp.enters('pg_signal_backend'), false, pg_temp.reachable('pg_signal_backend'),
      pg_temp.reads_functions('pg_signal_backend')
    );
  end loop;
end;
$$;
select is(o.callable, pg_temp.of_kind(o.kind), o.kind || ': can call the functions of its kind, and no others')
from outcomes as o where o.kind !~ 'no longer';
select is(o.sees_view, o.kind = 'operator', o.kind || ': ' || case when o.kind = 'operator' then 'sees' else 'does not see' end || ' the view')
from outcomes as o where o.kind !~ 'no longer';
select is(
  (o.enters, o.creates, o.reachable)::text, '(t,f,0)', o.kind || ': gets into the schema, creates nothing there, reaches no table'
)
from outcomes as o where o.kind !~ 'no longer';
select is(o.reads_functions, true, o.kind || ': reads what it may call')
from outcomes as o where o.kind !~ 'no longer';
select is((o.callable, o.sees_view, o.reads_functions, o.enters, o.reachable)::text, '({},f,f,f,0)', o.kind || ': nothing is left')
from outcomes as o where o.kind ~ 'no longer';

-- Kinds add up.
select lives_ok($$select graphile_worker.grant_role('pg_signal_backend', 'enqueue')$$, 'one kind');
select lives_ok($$select graphile_worker.grant_role('pg_signal_backend', 'operator')$$, 'and another');
select is(pg_temp.callable('pg_signal_backend'), pg_temp.of_kind('enqueue', 'operator'), 'a role can be of two kinds');
select is(pg_temp.callable('pg_monitor'), '{}', 'nobody else has got anything');

-- What a role may do is said here, not left over from a function's creation.
select is_empty(
  $$
    select p.oid::regprocedure
    from pg_proc as p
    cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
    where p.pronamespace = 'graphile_worker'::regnamespace and a.grantee = 0
  $$,
  'no function can be called by everybody'
);
select is_empty(
  $$
    select c.relname from pg_class as c
    where c.relnamespace = 'graphile_worker'::regnamespace and c.relkind = 'r' and not c.relrowsecurity and c.relname ~ '^_private_'
  $$,
  'row level security is on'
);
select is(
  pg_temp.callable(current_user), pg_temp.callable((select rolname::text from pg_roles where rolsuper order by oid limit 1)),
  'the owner can call everything'
);

-- Privileges that nobody is to have.
grant execute on function graphile_worker.complete_jobs(bigint[]) to public;
select throws_ok(
  $$select graphile_worker.grant_role('pg_monitor', 'enqueue')$$, 'GWPUB',
  'everybody has privileges on function graphile_worker.complete_jobs(bigint[]) that only the owner is to have',
  'GWPUB: nobody is granted a little who has more'
);
select lives_ok($$select graphile_worker.grant_role('pg_signal_backend', 'none')$$, 'but anybody can be put out');
revoke execute on function graphile_worker.complete_jobs(bigint[]) from public;

-- A schema in which others may create functions.
grant create on schema graphile_worker to public;
select throws_ok(
  $$select graphile_worker.grant_role('pg_monitor', 'enqueue')$$, 'GWPUB', null, 'GWPUB: nobody is let into a schema open to everybody'
);
select lives_ok($$select graphile_worker.grant_role('pg_signal_backend', 'none')$$, 'but anybody can be put out');
revoke create on schema graphile_worker from public;
select lives_ok($$select graphile_worker.grant_role('pg_monitor', 'enqueue')$$, 'closed, it is as good as any');
grant create on schema graphile_worker to pg_monitor;
select throws_ok(
  $$select graphile_worker.grant_role('pg_monitor', 'enqueue')$$, 'GWPUB',
  'role ''pg_monitor'' may create objects in schema graphile_worker', 'GWPUB: nor is one that may create functions there'
);
select lives_ok($$select graphile_worker.grant_role('pg_monitor', 'none')$$, 'it can be put out, too');
revoke create on schema graphile_worker from pg_monitor;

select throws_ok(format('select graphile_worker.grant_role(%s)', c.arguments), c.code, null, c.code || ': ' || c.name)
from (values
  ($$'pg_signal_backend', 'admin'$$, 'GWBRK', 'no such kind'),
  ($$'pg_signal_backend', null$$, 'GWBRK', 'no kind'),
  ($$'no such role', 'worker'$$, 'GWURO', 'no such role'),
  ($$'public', 'enqueue'$$, 'GWURO', 'everybody'),
  ($$null, 'enqueue'$$, 'GWURO', 'no role'),
  ($$current_user::text, 'none'$$, 'GWURO', 'the owner')
) as c (arguments, code, name);

select * from finish();
