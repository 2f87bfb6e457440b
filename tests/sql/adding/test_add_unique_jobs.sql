-- Many unique jobs in one call.
select plan(17);

create function pg_temp.specs(tasks text[], payloads json[]) returns graphile_worker.job_spec[] language sql as $$
  select array_agg(row(u.task, u.payload, null, null, null, null, null, null)::graphile_worker.job_spec order by u.place)
  from unnest(tasks, payloads) with ordinality as u (task, payload, place)
$$;
create function pg_temp.add(
  keys text[], within interval default null, until text default 'ended', out ids bigint[], out news text
) language sql as $$
  select array_agg(u.job_id order by u.ordinality), string_agg(left(u.is_new::text, 1), '' order by u.ordinality)
  from graphile_worker.add_unique_jobs(
    pg_temp.specs(array_fill('t'::text, array[cardinality(keys)]), array(select to_json(k) from unnest(keys) as k)),
    keys, within, until
  ) with ordinality as u
$$;
create temp table first as select a.* from pg_temp.add('{c,a,b,a}') as a;
select is((select f.news from first as f), 'tttf', 'a key that stands twice is added once');
select is((select f.ids[4] from first as f), (select f.ids[2] from first as f), 'both are that job');
select results_eq(
  $$select j.payload::text from first as f, unnest(f.ids) with ordinality as i (id, place)
    inner join graphile_worker._private_jobs as j on j.id = i.id order by i.place$$,
  $$values ('"c"'), ('"a"'), ('"b"'), ('"a"')$$,
  'in the order of the specs'
);
select is((select a.news from pg_temp.add('{b,d,a}') as a), 'ftf', 'those that are there are named');
select results_eq(
  $$select a.ids[1], a.ids[3] from pg_temp.add('{b,d,a}') as a$$, $$select f.ids[3], f.ids[2] from first as f$$,
  'each its own'
);
select is((select count(*) from graphile_worker._private_jobs), 4::bigint, 'there are no others');
select graphile_worker.complete_jobs(array(select f.ids[1] from first as f));
select is((select a.news from pg_temp.add('{c,a}') as a), 'tf', 'one is done');
update graphile_worker._private_jobs as j set locked_at = now(), locked_by = 'w' where j.payload::text = '"a"';
select is((select a.news from pg_temp.add('{c,a}', until => 'started') as a), 'ft', 'one runs');
select is((select a.news from pg_temp.add('{p}', '1 hour') as a), 't', 'with a period');
select graphile_worker.complete_jobs(array(
  select u.job_id from graphile_worker._private_uniques as u where u.unique_key = 'p'
));
select is((select a.news from pg_temp.add('{p}', '1 hour') as a), 'f', 'which holds');

select results_eq(
  $$
    select u.is_new from graphile_worker.add_unique_jobs(
      pg_temp.specs('{x,y,x,x}', array['{"a": 1, "b": 2}', '{"a": 1, "b": 2}', '{"b": 2, "a": 1}', null]::json[]),
      array[null, null, null, 'given']
    ) as u
  $$,
  $$values (true), (true), (false), (true)$$,
  'without a key it is that of the payload, of a task each'
);
select is_empty($$select from graphile_worker.add_unique_jobs('{}')$$, 'none');
select is_empty($$select from graphile_worker.add_unique_jobs(null)$$, 'null');
select throws_ok(
  $$select graphile_worker.add_unique_jobs(pg_temp.specs('{t,t}', '{1,2}'), '{a}')$$, 'GWBAL', '2 specs, but 1 unique keys', 'GWBAL'
);
select throws_ok(
  $$select graphile_worker.add_unique_jobs(array[row('t', '1', null, null, null, 'key', null, null)::graphile_worker.job_spec])$$,
  'GWBUQ', 'job key ''key'' of a unique job', 'GWBUQ: a job key'
);
select throws_ok(
  $$select graphile_worker.add_unique_jobs(pg_temp.specs('{t}', '{1}'), '{""}')$$, 'GWBUQ', null, 'GWBUQ: a bad key'
);
select throws_ok($$select graphile_worker.add_unique_jobs(pg_temp.specs(array[null], '{1}'))$$, 'GWBID', null, 'GWBID');

select * from finish();
