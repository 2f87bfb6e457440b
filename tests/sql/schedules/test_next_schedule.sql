-- What is due next.
select plan(9);

create function pg_temp.next(crontabs text[] default null) returns text language sql as $$
  select n.identifier from graphile_worker.next_schedule(crontabs) as n
$$;
select is_empty('select * from graphile_worker.next_schedule()', 'nothing ever');
select graphile_worker.set_schedule('a', '* * * * *'), graphile_worker.set_schedule('b', '* * * * *');
update graphile_worker._private_schedules set next_tick = '2026-01-01 08:00+00' where identifier = 'b';
select results_eq(
  $$select * from graphile_worker.next_schedule(now => '2026-01-01 07:59:50+00')$$,
  $$values ('b', '2026-01-01 08:00+00'::timestamptz, interval '10 seconds')$$, 'the first, and how long it is until then'
);
select is(
  (select n.due_in from graphile_worker.next_schedule(now => '2026-01-01 08:01+00') as n), interval '-1 minute', 'overdue'
);
select graphile_worker.pause_schedule('b');
select is(pg_temp.next(), 'a', 'one that is paused is not');
select graphile_worker.publish_schedules('crontab', '[{"task": "f", "cron": "* * * * *"}, {"task": "g"}]');
update graphile_worker._private_schedules set next_tick = '2026-01-01 08:00+00' where identifier = 'f';
select is(pg_temp.next(), 'f', 'one of a crontab');
select is(pg_temp.next('{}'), 'a', 'but for who has none');
select is(pg_temp.next('{f}'), 'f', 'and one of this crontab');
select graphile_worker.publish_schedules('crontab', '[]');
select is(pg_temp.next() || pg_temp.next('{f}'), 'af', 'one that left its file is due for who has it');
select throws_ok(
  $$select * from graphile_worker.next_schedule(now => now() + interval '6 minutes')$$, 'GWBTK', null, 'GWBTK'
);

select * from finish();
