-- Jobs that meet filters are done; which these are, is the same for every action.
select plan(37);

select graphile_worker.add_job(c.task, '{}', c.queue, now() + c.due::interval, job_key => c.key)
from (values
  ('mail', null, '-1 hour', 'ready1'),
  ('mail', 'slow', '-1 hour', 'ready2'),
  ('mail', null, '1 hour', 'scheduled1'),
  ('thumb', null, '-1 hour', 'locked1'),
  ('thumb', 'slow', '-1 hour', 'failed1'),
  ('mail', null, '-1 hour', 'failed2')
) as c (task, queue, due, key);
update graphile_worker._private_jobs set locked_at = now() - interval '5 hours', locked_by = 'w' where key = 'locked1';
update graphile_worker._private_jobs
set attempts = max_attempts, last_error = key || ' timed out', updated_at = now() - interval '2 hours'
where key like 'failed%';
select is(
  (select c.changed from graphile_worker.complete_matching_jobs(state => c.state, dry_run => true) as c), c.count::bigint, 'state ' || c.state
)
from (values ('all', 5), ('ready', 2), ('scheduled', 1), ('waiting', 3), ('failed', 2)) as c (state, count);
select is(
  (
    select m.changed
    from graphile_worker.complete_matching_jobs(
      task => c.task, queue => c.queue, error_like => c.error, changed_before => c.before, changed_since => c.since,
      dry_run => true
    ) as m
  ),
  c.count::bigint,
  c.name
)
from (values
  ('mail', null, null, null::timestamptz, null::timestamptz, 4, 'task'),
  ('thumb', null, null, null, null, 1, 'task: not a running one, however long it has been'),
  (null, 'slow', null, null, null, 2, 'queue'),
  ('mail', 'slow', null, null, null, 1, 'both'),
  (null, null, 'TIMED', null, null, 2, 'error, in either case'),
  (null, null, '1%out', null, null, 1, 'error, with a wildcard'),
  (null, null, 'nothing', null, null, 0, 'no such error'),
  (null, null, null, now(), null, 2, 'changed before now'),
  (null, null, null, now() - interval '2 hours', null, 0, 'changed before that'),
  (null, null, null, null, now() - interval '2 hours', 5, 'changed since then'),
  (null, null, null, null, now(), 3, 'changed since now')
) as c (task, queue, error, before, since, count, name);
select is(
  (
    select m.changed
    from graphile_worker.complete_matching_jobs(
      job_ids => array(select j.id from graphile_worker._private_jobs as j where j.key = any(c.keys)), state => c.state,
      dry_run => true
    ) as m
  ),
  c.count::bigint,
  c.name
)
from (values
  ('{ready1,failed1,locked1}'::text[], null, 2, 'ids'), ('{ready1,failed1}', 'failed', 1, 'ids and state'),
  ('{}', null, 0, 'no id at all')
) as c (keys, state, count, name);

-- Chunks -------------------------------------------------------------------------------------------------------------

create function pg_temp.chunk(after_key text, max_jobs integer, max_rows integer) returns text language sql as $$
  select format(
    '%s, %s of %s, %s',
    m.changed, (select j.key from graphile_worker._private_jobs as j where j.id = m.last_id), m.looked_at, m.more
  )
  from graphile_worker.complete_matching_jobs(
    state => 'all',
    after_id => coalesce((select j.id from graphile_worker._private_jobs as j where j.key = after_key), 0),
    max_jobs => max_jobs,
    max_rows => max_rows,
    dry_run => true
  ) as m
$$;
select is(pg_temp.chunk(null, 2, 100), '2, ready2 of 6, t', 'max_jobs: there are more behind the last one');
select is(pg_temp.chunk('ready2', 2, 100), '2, failed1 of 4, t', 'and the next ones; a running one is passed over');
select is(pg_temp.chunk('failed1', 2, 100), '1,  of 1, f', 'the last one');
select is(pg_temp.chunk(null, 100, 4), '3, locked1 of 4, t', 'max_rows: there are more behind them');
select is(pg_temp.chunk('locked1', 100, 4), '2,  of 2, f', 'and those');
select results_eq(
  $$
    select m.changed, m.more
    from graphile_worker.complete_matching_jobs(task => 'mail', state => 'waiting', max_jobs => 2, dry_run => true) as m
  $$,
  $$values (2::bigint, true)$$,
  'with the ids of an index'
);

-- Bounds -------------------------------------------------------------------------------------------------------------

select throws_ok(
  format('select * from graphile_worker.complete_matching_jobs(%s)', c.arguments), c.code, null, c.code || ': ' || c.name
)
from (values
  ('', 'GWNFI', 'no filter'),
  ($$state => 'locked'$$, 'GWBST', 'running jobs'),
  ($$state => 'done'$$, 'GWBST', 'an unknown state'),
  ($$task => 'mial'$$, 'GWUTK', 'an unknown task'),
  ($$queue => 'slwo'$$, 'GWUQU', 'an unknown queue'),
  ($$state => 'all', max_jobs => 0$$, 'GWBLM', 'no jobs at a time'),
  ($$state => 'all', max_rows => 0$$, 'GWBLM', 'no rows to look at')
) as c (arguments, code, name);
select is((select count(*) from graphile_worker._private_jobs), 6::bigint, 'nothing has changed');

-- For good -----------------------------------------------------------------------------------------------------------

select results_eq(
  $$select * from graphile_worker.complete_matching_jobs(task => 'mail', max_jobs => 3)$$,
  $$select 3::bigint, 6::bigint, max(j.id), true, 0::bigint from graphile_worker._private_jobs as j where j.key = 'scheduled1'$$,
  'a chunk'
);
select is(
  (select string_agg(j.key, ' ' order by j.key) from graphile_worker._private_jobs as j), 'failed1 failed2 locked1',
  'those that wait and those that have failed are gone, a running one is not'
);
select is((select m.changed from graphile_worker.complete_matching_jobs(state => 'all', dry_run => null) as m), 2::bigint, 'null');
select is((select count(*) from graphile_worker._private_jobs), 3::bigint, 'is a dry run, too');

select * from finish();
