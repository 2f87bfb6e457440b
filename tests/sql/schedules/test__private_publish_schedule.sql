-- An entry of a crontab is kept; more of it in test_publish_schedules.sql.
select plan(8);

create function pg_temp.publish(cron text, backfill interval, now timestamptz) returns text language plpgsql as $$
declare
  v_schedule graphile_worker._private_schedules;
begin
  select * into v_schedule from jsonb_populate_record(
    null::graphile_worker._private_schedules,
    '{"identifier": "s", "task_identifier": "t", "time_zone": "UTC", "file": "crontab", "job_key_mode": "replace",
      "jitter": "0", "skip_if_running": false}'
  );
  v_schedule.cron := cron;
  v_schedule.backfill := backfill;
  perform graphile_worker._private_publish_schedule(v_schedule, now);
  return (
    select to_char(s.next_tick at time zone 'UTC', 'HH24:MI') from graphile_worker._private_schedules as s where s.identifier = 's'
  );
end;
$$;
select is(pg_temp.publish('* * * * *', '1 hour', '2026-01-01 08:00:30+00'), '08:01', 'one that is new has no ticks before');
select is(pg_temp.publish('*/2 * * * *', '1 hour', '2026-01-01 08:09:30+00'), '08:02', 'what was missed since then');
update graphile_worker._private_schedules set next_tick = '2026-01-01 08:06+00';
select is(pg_temp.publish('*/3 * * * *', '1 hour', '2026-01-01 08:09:30+00'), '08:06', 'but nothing before the next tick');
update graphile_worker._private_schedules set next_tick = '2026-01-01 08:30+00';
select is(pg_temp.publish('* * * * *', '1 hour', '2026-01-01 08:09:30+00'), '08:10', 'which may come sooner by now');
update graphile_worker._private_known_crontabs set last_execution = '2026-01-01 08:30+00';
update graphile_worker._private_schedules set next_tick = '2026-01-01 08:31+00';
select is(pg_temp.publish('*/2 * * * *', '20 minutes', '2026-01-01 09:00:30+00'), '08:42', 'as far as backfill goes');
select is(pg_temp.publish('*/2 * * * *', '0', '2026-01-01 09:00:30+00'), '08:56', 'five minutes at least');
delete from graphile_worker._private_schedules;
select is(
  pg_temp.publish('*/2 * * * *', '20 minutes', '2026-01-01 09:00:30+00'), '08:42', 'one that others have scheduled until then'
);
delete from graphile_worker._private_schedules;
select graphile_worker.set_schedule('s', '* * * * *');
select throws_ok(
  $$select pg_temp.publish('* * * * *', '0', now())$$, 'GWROS', 'schedule ''s'' was set by set_schedule', 'one of set_schedule'
);

select * from finish();
