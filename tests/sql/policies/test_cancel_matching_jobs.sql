-- Jobs that meet filters are cancelled; filters and chunks: tests/sql/operating/test_complete_matching_jobs.sql.
select plan(16);

select graphile_worker.add_job('t', '{}', c.queue, now() + c.due::interval, job_key => c.key)
from (values
  (null, '-1 hour', 'ready'), ('q', '1 hour', 'scheduled'), ('q', '-1 hour', 'locked'), ('q', '-1 hour', 'failed')
) as c (queue, due, key);
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key = 'locked';
update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'boom' where key = 'failed';
create temp table named as select j.id, j.key from graphile_worker._private_jobs as j;
create temp table before as select j.* from graphile_worker._private_jobs as j;
select is(
  (select c.changed from graphile_worker.cancel_matching_jobs(task => 't', state => s.state, dry_run => true) as c),
  s.count::bigint, 'state ' || coalesce(s.state, 'null')
)
from (values
  (null, 3), ('unfinished', 3), ('locked', 1), ('ready', 1), ('scheduled', 1), ('waiting', 2), ('failed', 1), ('all', 4)
) as s (state, count);
select set_eq(
  'select j::text from graphile_worker._private_jobs as j', 'select b::text from before as b', 'a dry run changes nothing'
);
select results_eq(
  $$select c.changed, c.looked_at, c.more, c.skipped from graphile_worker.cancel_matching_jobs(queue => 'q', reason => 'late') as c$$,
  $$values (2::bigint, 4::bigint, false, 0::bigint)$$, 'a chunk'
);
select set_eq(
  $$select n.key, j.last_error, j.is_available, j.locked_by, j.key is null as is_keyless
    from graphile_worker._private_jobs as j inner join named as n on n.id = j.id$$,
  $$values ('ready', null, true, null, false), ('scheduled', 'Cancelled: late', false, null, false),
    ('locked', 'Cancelled: late', false, 'w', true), ('failed', 'boom', false, null, false)$$,
  'of these what waits has failed, and who runs one is asked'
);
select is(
  (select c.changed from graphile_worker.cancel_matching_jobs(state => 'all', remove => true) as c), 4::bigint, 'to be removed'
);
select set_eq(
  'select n.key from graphile_worker._private_jobs as j inner join named as n on n.id = j.id', $$values ('locked')$$,
  'all that was not running is gone'
);
select is((select l.job_id from graphile_worker.list_cancelled('{w}') as l), n.id, 'what is running was asked')
from named as n where n.key = 'locked';
select throws_ok(
  format('select * from graphile_worker.cancel_matching_jobs(%s)', c.arguments), c.code, null, c.code || ': ' || c.name
)
from (values ('', 'GWNFI', 'no filter'), ($$state => 'done'$$, 'GWBST', 'an unknown state')) as c (arguments, code, name);

select * from finish();
