-- What bounds a claim, and what is wrong with that.
select plan(13);

insert into graphile_worker._private_job_queues (queue_name) values ('mail');
create function pg_temp.bounds(only_queues text[], not_queues text[] default null) returns text language sql as $$
  select format('%s %s %s', coalesce(b.only_patterns::text, '-'), coalesce(b.not_patterns::text, '-'), b.takes_queued)
  from graphile_worker._private_claim_bounds(null, '{t}', 10, only_queues, not_queues, null) as b
$$;
select is(pg_temp.bounds(null), '- - t', 'nothing');
select is(pg_temp.bounds('{ma*}'), '{ma%} - t', 'queues to take');
select is(pg_temp.bounds('{bulk}'), '{bulk} - f', 'of which there is none');
select is(pg_temp.bounds('{""}'), '{} - f', 'only jobs without a queue');
select is(pg_temp.bounds(null, '{m*}'), '- {m%} f', 'queues not to take, and there is no other');
select is(pg_temp.bounds(null, '{bulk}'), '- {bulk} t', 'and there are others');
select throws_ok($$select pg_temp.bounds('{a*b}')$$, 'GWBPT', null, 'a bad pattern');
select throws_ok(
  $$select pg_temp.bounds(null, '{""}')$$, 'GWBPT', $$bad pattern '' in not_queues$$,
  'jobs without a queue are not left out by not_queues'
);

create function pg_temp.quotas(tasks text[], max_per_task integer[], names text[]) returns integer[] language sql as $$
  select b.quotas from graphile_worker._private_claim_bounds(tasks, names, 10, null, null, max_per_task) as b
$$;
select is(pg_temp.quotas('{a,b,c}', '{1,null,0}', '{c,a,b}'), '{0,1,null}', 'numbers per task, in the order of names');
select is(pg_temp.quotas('{a}', '{1}', null), null, 'no task');
select throws_ok(
  $$select pg_temp.quotas('{a,b}', '{1}', '{a}')$$, 'GWBAL', 'max_per_task has length 1, task_identifiers 2', 'too few'
);
select throws_ok(
  $$select pg_temp.quotas(null, '{1}', '{a}')$$, 'GWBAL', 'max_per_task has length 1, task_identifiers none',
  'of which tasks'
);
select throws_ok(
  $$select pg_temp.quotas('{a,b}', '{1,-1}', '{a}')$$, 'GWBLM', $$bad max_per_task -1 of task 'b'$$, 'below 0'
);

select * from finish();
