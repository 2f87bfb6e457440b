-- Privileges that nobody is to have, with what puts them right.
select plan(15);

select is_empty('select * from graphile_worker._private_wrong_privileges()', 'none');
create function pg_temp.put_right() returns void language plpgsql as $$
declare
  v_statement text;
begin
  for v_statement in select w.statement from graphile_worker._private_wrong_privileges() as w loop
    execute v_statement;
  end loop;
end;
$$;
create function pg_temp.after(damage text) returns text[] language plpgsql as $$
declare
  v_found text[];
begin
  execute damage;
  v_found := array(
    select distinct concat_ws(': ', w.grantee, w.object) from graphile_worker._private_wrong_privileges() as w order by 1
  );
  perform pg_temp.put_right();
  if exists (select from graphile_worker._private_wrong_privileges()) then
    v_found := v_found || 'and still'::text;
  end if;
  return v_found;
end;
$$;
select is(pg_temp.after(c.damage), c.found::text[], c.damage)
from (values
  (
    'grant execute on function graphile_worker.stats to public',
    '{everybody: function graphile_worker.stats()}'
  ),
  (
    'grant execute on function graphile_worker._private_lock_expiry to pg_signal_backend',
    '{role pg_signal_backend: function graphile_worker._private_lock_expiry()}'
  ),
  ('grant select on graphile_worker.metrics to public', '{everybody: table graphile_worker.metrics}'),
  (
    'grant all on graphile_worker._private_tasks to pg_signal_backend',
    '{role pg_signal_backend: table graphile_worker._private_tasks}'
  ),
  (
    'grant update (identifier) on graphile_worker._private_tasks to pg_signal_backend',
    '{role pg_signal_backend: table graphile_worker._private_tasks}'
  ),
  (
    'grant usage on sequence graphile_worker._private_jobs_id_seq to pg_signal_backend',
    '{role pg_signal_backend: sequence graphile_worker._private_jobs_id_seq}'
  ),
  (
    'alter table graphile_worker._private_jobs disable row level security',
    '{table graphile_worker._private_jobs}'
  ),
  ('alter table graphile_worker._private_jobs force row level security', '{table graphile_worker._private_jobs}'),
  ('grant select on graphile_worker._private_workers to pg_signal_backend', '{}'),
  ('grant execute on function graphile_worker.stats to pg_signal_backend', '{}'),
  ('grant select on graphile_worker.metrics to pg_signal_backend', '{}'),
  (
    'create policy mine on graphile_worker._private_jobs to pg_signal_backend using (true);'
    'grant update on graphile_worker._private_jobs to pg_signal_backend', '{}'
  )
) as c (damage, found);
select is(
  pg_temp.after('grant execute on all functions in schema graphile_worker to pg_signal_backend') @> array[
    'role pg_signal_backend: function graphile_worker._private_lock_expiry()',
    'role pg_signal_backend: function graphile_worker.stats()',
    'role pg_signal_backend: table graphile_worker.metrics'
  ],
  true, 'who may call internal functions loses the public ones, and views'
);
select cmp_ok(
  (select count(*) from graphile_worker._private_wrong_privileges(anything => true)), '>', 0::bigint,
  'on request, what was granted on purpose'
);

select * from finish();
