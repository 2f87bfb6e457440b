-- The jobs of entries, in the order of the entries, each in its mode.
select plan(3);

create temp table added as
select i.id, i.place
from unnest(graphile_worker._private_add_crontab_specs(
  '2026-01-01 08:00+00', false,
  array[
    row('a', null, null, null, null, 'ka', null, null), row('b', '{"x":1}', null, null, null, 'kb', null, null),
    row('c', null, null, null, null, 'kc', null, null)
  ]::graphile_worker.job_spec[],
  array['preserve_run_at', 'replace', 'preserve_run_at']
)) with ordinality as i (id, place);
select results_eq(
  $$
    select t.identifier, j.key, j.payload::text, j.run_at
    from added as i
    inner join graphile_worker._private_jobs as j on j.id = i.id
    inner join graphile_worker._private_tasks as t on t.id = j.task_id
    order by i.place
  $$,
  $$
    select
      name, 'k' || name, format('{"_cron":{"ts":"2026-01-01T08:00:00.000Z","backfilled":false}%s}', more),
      '2026-01-01 08:00+00'::timestamptz
    from (values ('a', ''), ('b', ',"x":1'), ('c', '')) as v (name, more)
  $$,
  'ids in the order of the specs'
);
select graphile_worker._private_add_crontab_specs(
  '2026-01-01 09:00+00', true,
  array[
    row('a', null, null, null, null, 'ka', null, null), row('b', null, null, null, null, 'kb', null, null)
  ]::graphile_worker.job_spec[],
  array['preserve_run_at', 'replace']
);
select results_eq(
  $$
    select j.key, to_char(j.run_at at time zone 'UTC', 'HH24:MI')
    from graphile_worker._private_jobs as j where j.key in ('ka', 'kb') order by j.key
  $$,
  $$values ('ka', '08:00'), ('kb', '09:00')$$, 'the mode of each decides'
);
select is(
  graphile_worker._private_add_crontab_specs(
    '2026-01-01 09:00+00', true, array[]::graphile_worker.job_spec[], array[]::text[]
  ), array[]::bigint[], 'none'
);

select * from finish();
