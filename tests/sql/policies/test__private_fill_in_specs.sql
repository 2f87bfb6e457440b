-- Specs of add_jobs get what their tasks' policies say.
select plan(3);

create function pg_temp.filled() returns setof graphile_worker.job_spec language sql as $$
  select f.* from unnest(graphile_worker._private_fill_in_specs(array[
    row('b', '[1]', 'q', '2026-01-01', null, 'k', null, '{x}')::graphile_worker.job_spec,
    row('a', null, null, null, null, null, null, null)::graphile_worker.job_spec,
    row('b', null, null, null, 7, null, null, null)::graphile_worker.job_spec,
    row('b', null, null, null, null, null, -7, null)::graphile_worker.job_spec
  ])) as f
$$;
select results_eq(
  'select f.identifier, f.max_attempts::int, f.priority::int from pg_temp.filled() as f',
  $$values ('b', null::int, null::int), ('a', null, null), ('b', 7, null), ('b', null, -7)$$, 'nothing without a policy'
);
select graphile_worker.set_task_policy('b', max_attempts => 3, priority => 5);
select results_eq(
  'select f.identifier, f.max_attempts::int, f.priority::int from pg_temp.filled() as f',
  $$values ('b', 3, 5), ('a', null, null), ('b', 7, 5), ('b', 3, -7)$$,
  'where they say nothing themselves; in their order'
);
select results_eq(
  'select f.payload::text, f.queue_name, f.run_at, f.job_key, f.flags from pg_temp.filled() as f limit 1',
  $$values ('[1]', 'q', timestamptz '2026-01-01', 'k', '{x}'::text[])$$, 'the rest is as it was'
);

select * from finish();
