-- Whatever is due, once.
select plan(15);

create function pg_temp.due(now timestamptz, crontabs text[] default null) returns setof text language sql as $$
  select concat_ws(' ', j.identifier, to_char(j.tick at time zone 'UTC', 'HH24:MI'), j.outcome, j.backfilled)
  from graphile_worker.schedule_due_jobs(now, crontabs => crontabs) with ordinality
    as j (identifier, tick, job_id, outcome, backfilled, error, place)
  order by j.place
$$;
select is_empty('select * from graphile_worker.schedule_due_jobs()', 'nothing is there');
select graphile_worker.set_schedule('a', '* * * * *', task => 't', backfill => '1 hour');
select graphile_worker.set_schedule('b', '*/2 * * * *', task => 't');
update graphile_worker._private_schedules set next_tick = '2026-01-01 08:00+00';
select results_eq(
  $$select pg_temp.due('2026-01-01 08:02+00')$$,
  array['a 08:00 added f', 'b 08:00 added f', 'a 08:01 added f', 'a 08:02 added f', 'b 08:02 added f'], 'tick by tick'
);
select is_empty($$select pg_temp.due('2026-01-01 08:02+00')$$, 'the second time nothing');
select is((select count(*) from graphile_worker._private_jobs), 5::bigint, 'so many jobs');
select results_eq(
  $$select pg_temp.due('2026-01-01 08:08:30+00')$$,
  array[
    'a 08:03 added t', 'a 08:04 added f', 'b 08:04 added f', 'a 08:05 added f', 'a 08:06 added f', 'b 08:06 added f',
    'a 08:07 added f', 'a 08:08 added f', 'b 08:08 added f'
  ],
  'what is made up for is told apart'
);

-- Others that have the same identifier.
select graphile_worker.schedule_crontabs('2026-01-01 08:09+00', '[{"identifier": "a", "task": "t"}]');
select is_empty($$select pg_temp.due('2026-01-01 08:09+00')$$, 'a tick that others have scheduled');
select results_eq($$select pg_temp.due('2026-01-01 08:10+00')$$, array['a 08:10 added f', 'b 08:10 added f'], 'the next one is free');
select is_empty(
  $$select * from graphile_worker.schedule_crontabs('2026-01-01 08:10+00', '[{"identifier": "a", "task": "t"}]')$$,
  'and not for others again'
);

-- Those of crontabs.
select graphile_worker.set_schedule('a', '0 0 1 1 *'), graphile_worker.set_schedule('b', '0 0 1 1 *');
select graphile_worker.publish_schedules('one', '[{"task": "f", "cron": "* * * * *"}, {"task": "g", "cron": "* * * * *"}]');
update graphile_worker._private_schedules set next_tick = '2026-01-01 09:00+00' where file is not null;
select results_eq($$select pg_temp.due('2026-01-01 09:00+00', '{g}')$$, array['g 09:00 added f'], 'for who has one of them');
select results_eq($$select pg_temp.due('2026-01-01 09:00+00')$$, array['f 09:00 added f'], 'for who does not say');
select graphile_worker.publish_schedules('one', '[]');
select is_empty($$select pg_temp.due('2026-01-01 09:01+00')$$, 'not those that left their file');
select results_eq($$select pg_temp.due('2026-01-01 09:01+00', '{f,g}')$$, array['f 09:01 added f', 'g 09:01 added f'], 'but for who has them');

-- A guard that somebody has removed.
delete from graphile_worker._private_known_crontabs;
select results_eq($$select pg_temp.due('2026-01-01 09:02+00', '{f}')$$, array['f 09:02 added f'], 'a guard is made anew');

select throws_ok($$select * from graphile_worker.schedule_due_jobs(now() + interval '6 minutes')$$, 'GWBTK', null, 'GWBTK');
select throws_ok($$select * from graphile_worker.schedule_due_jobs(max_ticks => 0)$$, 'GWBLM', null, 'GWBLM');

select * from finish();
