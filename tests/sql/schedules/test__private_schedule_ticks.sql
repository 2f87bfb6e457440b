-- The next ticks, as far as they can be told.
select plan(7);

create function pg_temp.ticks(changes text, count integer, after timestamptz default null) returns text language plpgsql as $$
declare
  v_schedule graphile_worker._private_schedules;
begin
  select * into v_schedule from jsonb_populate_record(
    null::graphile_worker._private_schedules,
    '{"time_zone": "UTC", "every": "1 hour", "next_tick": "2026-01-01 08:00+00"}'::jsonb || changes::jsonb
  );
  return (
    select string_agg(to_char(t at time zone 'UTC', 'HH24:MI'), ' ' order by t)
    from unnest(graphile_worker._private_schedule_ticks(v_schedule, count, after)) as t
  );
end;
$$;
select is(pg_temp.ticks('{}', 3), '08:00 09:00 10:00', 'so many');
select is(pg_temp.ticks('{}', 0), null, 'none');
select is(pg_temp.ticks('{"next_tick": null}', 3), null, 'none comes');
select is(pg_temp.ticks('{"ends_at": "2026-01-01 09:00+00"}', 3), '08:00 09:00', 'it ends');
select is(pg_temp.ticks('{"every": null, "cron": "* * * * *", "time_zone": "gone"}', 3), '08:00', 'an error: what is known');
select is(pg_temp.ticks('{}', 2, '2026-06-01 11:30+00'), '12:00 13:00', 'after an instant');
select is(pg_temp.ticks('{"paused_at": "2026-01-01 00:00+00"}', 2, '2026-06-01 11:30+00'), null, 'it is paused');

select * from finish();
