-- Schedules with what comes and what came.
select no_plan();

create function pg_temp.outcome() returns text language sql as $$
  select concat_ws(' ', s.last_outcome, s.error) from graphile_worker.list_schedules('{s}') as s
$$;
select is_empty('select * from graphile_worker.list_schedules()', 'none');
select graphile_worker.set_schedule('s', '0 8 * * 1', task => 't', time_zone => 'Europe/Vienna');
select graphile_worker.set_schedule('u', every => '10 seconds');
select graphile_worker.publish_schedules('crontab', '[{"task": "f", "cron": "* * * * *", "line": 2}]');
select results_eq(
  'select s.identifier, s.words, s.task, s.source, s.is_in_file from graphile_worker.list_schedules() as s',
  $$
    values
    ('f', 'every minute', 'f', 'crontab:2', true), ('s', 'at 08:00 on Monday (Europe/Vienna)', 't', null, null),
    ('u', 'every 10 seconds', 'u', null, null)
  $$,
  'by identifier'
);
select results_eq($$select s.identifier from graphile_worker.list_schedules('{u,s,x}') as s$$, array['s', 'u'], 'only these');
select results_eq($$select s.identifier from graphile_worker.list_schedules(row_limit => 1, after_identifier => 'f') as s$$, array['s'], 'a page');
select is(
  (select s.next_ticks from graphile_worker.list_schedules('{s}') as s),
  array(select graphile_worker.next_ticks('0 8 * * 1', now(), 'Europe/Vienna', 3)), 'its next ticks'
);
select is((select cardinality(s.next_ticks) from graphile_worker.list_schedules('{s}', tick_count => 5) as s), 5, 'so many');
select is(
  (select s.next_ticks from graphile_worker.list_schedules('{s}', ticks_after => '2031-07-01 00:00+00') as s),
  array(select graphile_worker.next_ticks('0 8 * * 1', '2031-07-01 00:00+00', 'Europe/Vienna', 3)), 'ticks of some other day'
);

-- Some of them.
create function pg_temp.some(search text, state text) returns text language sql as $$
  select string_agg(s.identifier, ' ') from graphile_worker.list_schedules(search => search, state => state) as s
$$;
select is(pg_temp.some('T', null), 's', 'its task has it');
select is(pg_temp.some('F', null), 'f', 'its identifier has it');
select is(pg_temp.some('%', null), null, 'no pattern');
select is(pg_temp.some(null, 'all'), 'f s u', 'all');
select is(pg_temp.some(null, 'paused'), null, 'none is paused');
select is(pg_temp.some(null, 'failing'), null, 'none is failing');

-- Outcomes.
select is(pg_temp.outcome(), '', 'nothing yet');
update graphile_worker._private_schedules set next_tick = date_trunc('minute', now()) where identifier = 's';
select graphile_worker.schedule_due_jobs();
select is(pg_temp.outcome(), 'waiting', 'it waits');
select is(pg_temp.some(null, 'failing'), null, 'what waits is not failing');
select is((select s.last_tick from graphile_worker.list_schedules('{s}') as s), date_trunc('minute', now()), 'its last tick');
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w';
select is(pg_temp.outcome(), 'running', 'it runs');
update graphile_worker._private_jobs set attempts = max_attempts;
select is(pg_temp.some(null, 'failing'), null, 'its last attempt is not over');
update graphile_worker._private_jobs set locked_at = null, locked_by = null, attempts = max_attempts;
select is(pg_temp.outcome(), 'failed', 'it has failed for good');
select is(pg_temp.some(null, 'failing'), 's', 'failing');
delete from graphile_worker._private_jobs;
select is(pg_temp.outcome(), 'gone', 'it is done');
update graphile_worker._private_schedules set last_skipped_at = date_trunc('minute', now());
select is(pg_temp.outcome(), 'skipped', 'it was skipped');
update graphile_worker._private_schedules set last_skipped_at = null, error_at = date_trunc('minute', now()), error = 'no';
select is(pg_temp.outcome(), 'refused no', 'it was refused');
select is(pg_temp.some(null, 'failing'), 'f s u', 'an error is failing');

-- Pauses.
select graphile_worker.pause_schedule('s', 'why');
select results_eq(
  $$select s.paused_at is not null, s.paused_by, s.pause_reason, s.next_ticks from graphile_worker.list_schedules('{s}') as s$$,
  $$values (true, session_user::text collate "default", 'why', array[]::timestamptz[])$$, 'paused: no ticks come'
);
select is(pg_temp.some(null, 'paused'), 's', 'this one is paused');
select is(pg_temp.some('u', 'paused'), null, 'both have to be right');
update graphile_worker._private_schedules set paused_until = now() - interval '1 second';
select is((select s.paused_at from graphile_worker.list_schedules('{s}') as s), null, 'a pause that is over is none');
select is(pg_temp.some(null, 'paused'), null, 'not in this list either');
select throws_ok(format('select graphile_worker.list_schedules(%s)', a), 'GWBLM', null, a)
from unnest(array['row_limit => -1', 'tick_count => 1001']) as a;
select throws_ok($$select graphile_worker.list_schedules(state => 'x')$$, 'GWBST', 'bad state ''x''', 'no such state');
select throws_ok($$select graphile_worker.list_schedules(ticks_after => 'infinity')$$, 'GWBTI', null, 'no instant');

select * from finish();
