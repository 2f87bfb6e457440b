-- A job is added unless there is one with its key: in every state, per period, with every argument.
select plan(38);

create function pg_temp.add(key text, until text default 'ended', within interval default null) returns boolean
language sql as $$
  select u.is_new from graphile_worker.add_unique_job('t', unique_key => key, until => until, within => within) as u
$$;
create function pg_temp.job(key text) returns bigint language sql as $$
  select u.job_id from graphile_worker._private_uniques as u where u.task_identifier = 't' and u.unique_key = key
$$;
create function pg_temp.states(key text, within interval default null) returns text language sql as $$
  select string_agg(u.until, ' ' order by u.place)
  from unnest('{started,ended,completed}'::text[]) with ordinality as u (until, place)
  where graphile_worker._private_find_duplicate('t', key, within, u.until) is not null
$$;
create function pg_temp.jobs() returns bigint language sql as $$
  select count(*) from graphile_worker._private_jobs
$$;

-- New and not new.
create temp table added as
select u.* from graphile_worker.add_unique_job(
  't', '{"n": 1}', 'k', queue_name => 'q', run_at => '2030-01-01Z', max_attempts => 3, priority => 4, flags => '{f}'
) as u;
select is((select a.is_new from added as a), true, 'one is added');
select results_eq(
  $$
    select j.payload::text, j.run_at, j.max_attempts, j.priority, j.flags, j.key, q.queue_name
    from graphile_worker._private_jobs as j
    inner join added as a on a.job_id = j.id
    inner join graphile_worker._private_job_queues as q on q.id = j.job_queue_id
  $$,
  $$values ('{"n": 1}', '2030-01-01Z'::timestamptz, 3::smallint, 4::smallint, '{"f": true}'::jsonb, null::text, 'q')$$,
  'with all that it was given'
);
select results_eq(
  $$select u.job_id, u.is_new, u.job::text from graphile_worker.add_unique_job('t', '{"n": 2}', 'k', priority => 9) as u$$,
  $$select a.job_id, false, a.job::text from added as a$$,
  'the second time it is that one'
);
select is((select j.payload::text from graphile_worker._private_jobs as j), '{"n": 1}', 'which stays as it is');
select is(pg_temp.jobs(), 1::bigint, 'there is no other');
select is((select u.is_new from graphile_worker.add_unique_job('other', unique_key => 'k') as u), true, 'of another task');
select is(pg_temp.add('another'), true, 'another key');

-- Without a key it is that of the payload.
select is((select u.is_new from graphile_worker.add_unique_job('p', '{"a": 1, "b": 2}') as u), true, 'a payload');
select is((select u.is_new from graphile_worker.add_unique_job('p', '{"b": 2, "a": 1}') as u), false, 'the same one');
select is((select u.is_new from graphile_worker.add_unique_job('p', '{"a": 1}') as u), true, 'another');
select is((select u.is_new from graphile_worker.add_unique_job('p') as u), true, 'none');
select is((select u.is_new from graphile_worker.add_unique_job('p', '{}') as u), false, 'which is an empty one');

-- States.
select pg_temp.add(k) from unnest('{ready,running,failed,cancelled,gone}'::text[]) as k;
select is(pg_temp.states('ready'), 'started ended completed', 'one that waits');
update graphile_worker._private_jobs as j set attempts = 1, run_at = now() + interval '1 h' where j.id = pg_temp.job('ready');
select is(pg_temp.states('ready'), 'started ended completed', 'one that waits to be tried again');
update graphile_worker._private_jobs as j
set locked_at = now(), locked_by = 'w', attempts = j.attempts + 1
where j.id in (pg_temp.job('running'), pg_temp.job('cancelled'));
select is(pg_temp.states('running'), 'ended completed', 'one that runs');
select graphile_worker.permanently_fail_jobs(array[pg_temp.job('failed')]);
select is(pg_temp.states('failed'), 'completed', 'one that has failed for good');
select is(pg_temp.states('failed', '1 hour'), 'completed', 'the same within the period');
select graphile_worker.cancel_jobs(array[pg_temp.job('cancelled')]);
select is(pg_temp.states('cancelled'), 'completed', 'one that runs and is cancelled');
select graphile_worker.complete_jobs(array[pg_temp.job('gone')]);
select is(pg_temp.states('gone'), null, 'one that is done');
select is(pg_temp.states('gone', '1 hour'), null, 'whose add asked for no period');

-- The job that was added last decides.
create temp table first as select pg_temp.job('running') as id;
select is(pg_temp.add('running', 'started'), true, 'while one runs');
select isnt(pg_temp.job('running'), (select f.id from first as f), 'another one');
select is(pg_temp.add('running', 'started'), false, 'and no third one');
select is(pg_temp.add('running'), false, 'nor this way');
select is(pg_temp.add('failed'), true, 'after one that has failed');
select is(pg_temp.add('failed', 'completed'), false, 'the new one counts');

-- Periods.
select is(pg_temp.add('period', within => '1 hour'), true, 'with a period');
create temp table of_period as select pg_temp.job('period') as id;
select graphile_worker.complete_jobs(array(table of_period));
select results_eq(
  $$
    select u.job_id, u.is_new, (u.job).id, (u.job).payload::text, (u.job).created_at, (u.job).is_available
    from graphile_worker.add_unique_job('t', '{"n": 2}', 'period', within => '1 hour') as u
  $$,
  $$select p.id, false, p.id, '{"n": 2}', now(), false from of_period as p$$,
  'done, it is named all the same'
);
select is(pg_temp.add('period', within => '1 day'), false, 'by one with a longer period, too');
update graphile_worker._private_uniques as u set added_at = now() - interval '10 minutes' where u.unique_key = 'period';
select is(pg_temp.states('period', '5 minutes'), null, 'not by one with a period that is over');
update graphile_worker._private_uniques as u set expires_at = now() where u.unique_key = 'period';
select is(pg_temp.states('period', '1 day'), null, 'nor when the first one is over');
select is(pg_temp.add('period'), true, 'nor by one without');
select results_eq(
  $$
    select u.added_at = now(), u.expires_at = now(), u.look_at = now() + interval '1 min'
    from graphile_worker._private_uniques as u where u.unique_key = 'period'
  $$,
  $$values (true, true, true)$$,
  'the period is that of the new one'
);

-- Values out of bounds.
select throws_ok($$select graphile_worker.add_unique_job(null)$$, 'GWBID', null, 'GWBID');
select throws_ok($$select graphile_worker.add_unique_job('t', unique_key => '')$$, 'GWBUQ', null, 'GWBUQ');
select throws_ok($$select graphile_worker.add_unique_job('t', unique_key => 'k', priority => 40000)$$, 'GWBPR', null, 'GWBPR, one is there or not');
create function pg_temp.swallow() returns trigger language plpgsql as $$begin return null; end$$;
create trigger swallow before insert on graphile_worker._private_jobs for each row execute function pg_temp.swallow();
select throws_ok($$select graphile_worker.add_unique_job('t', unique_key => 'new')$$, 'GWNOR', null, 'GWNOR: a trigger swallows it');
select is(pg_temp.job('new'), null, 'and nothing is left of it');

select * from finish();
