-- What was superseded is not run again.
select plan(3);

select graphile_worker.add_job('t', job_key => k.key) from (values ('a'), ('b'), ('c')) as k (key);
update graphile_worker._private_jobs set flags = '{"graphile_worker:superseded": true}' where key in ('b', 'c');
create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(j.id order by j.id) from graphile_worker._private_jobs as j where j.key = any(keys)
$$;
select lives_ok($$select graphile_worker._private_refuse_superseded(pg_temp.ids('a'))$$, 'others are');
select lives_ok($$select graphile_worker._private_refuse_superseded('{}')$$, 'none');
select throws_ok(
  $$select graphile_worker._private_refuse_superseded(pg_temp.ids('c', 'a', 'b'))$$, 'GWSUP',
  format('job %s was superseded', (pg_temp.ids('b'))[1]), 'the first of them is named'
);

select * from finish();
