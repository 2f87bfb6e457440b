-- What people at psql see: every function, in a line.
select plan(9);

select columns_are(
  'graphile_worker', 'functions', array['room', 'name', 'arguments', 'does', 'roles'], 'its columns'
);
select set_eq(
  $$select f.name, f.arguments from graphile_worker.functions as f$$,
  $$
    select p.proname::text, pg_get_function_arguments(p.oid) from pg_proc as p
    where p.pronamespace = 'graphile_worker'::regnamespace and left(p.proname, 9) <> '_private_'
  $$,
  'every public function'
);
select is(
  (select count(*) from graphile_worker.functions),
  (select count(*) from graphile_worker._private_api),
  'each once, as _private_api has them'
);
select results_eq(
  $$select f.room, f.does collate "default", f.roles from graphile_worker.functions as f where f.name = 'analyze_jobs'$$,
  $$values (
    'adding',
    'Analyzes the jobs table when its statistics know of fewer jobs than have just been added in one call.',
    '{enqueue,worker}'::text[]
  )$$,
  'its room, the first sentence of its comment in one line, and who may call it'
);
select results_eq(
  $$select f.arguments, f.roles from graphile_worker.functions as f where f.name = 'complete_jobs'$$,
  $$
    values
      ('worker_id text, job_ids bigint[]', '{worker}'::text[]), ('dry_run boolean, job_ids bigint[]', '{operator}'),
      ('job_ids bigint[]', '{operator}')
  $$,
  'functions of one name have a line each'
);
select results_eq(
  $$select distinct on (f.room) f.room from graphile_worker.functions as f where f.roles = '{}'$$,
  $$values ('schema')$$,
  'what only the owner may call is for no kind of role'
);

-- A sentence ends with a period before a blank, or at the end.
comment on function graphile_worker.list_paused() is 'Lists 2.5 of them,
see a.b. And more.';
comment on function graphile_worker.list_crontabs() is 'Lists all.';
comment on function graphile_worker.stats() is 'no sentence';
select results_eq(
  $$
    select f.does collate "default" from graphile_worker.functions as f
    where f.name in ('list_paused', 'list_crontabs', 'stats') order by f.name
  $$,
  $$values ('Lists all.'), ('Lists 2.5 of them, see a.b.'), (null)$$,
  'as far as the first period that ends a word'
);

-- Those whom grant_role lets in need nothing else to read it.
select graphile_worker.grant_role('pg_signal_backend', 'enqueue');
grant pg_signal_backend to current_user;
set local role pg_signal_backend;
select isnt_empty('select * from graphile_worker.functions', 'a role that may add jobs reads all of it');
reset role;
select graphile_worker.grant_role('pg_signal_backend', 'none');
select is(
  has_table_privilege('pg_signal_backend', 'graphile_worker.functions', 'select'), false, 'and can be kept from it'
);

select * from finish();
