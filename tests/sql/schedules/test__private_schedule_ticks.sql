-- The next ticks, as far as they can be told.
select plan(5);

create function pg_temp.ticks(changes text, count integer) returns text language plpgsql as $$
declare
  v_schedule graphile_worker._private_schedules;
begin
  select * into v_schedule from jsonb_populate_record(
    null::graphile_worker._private_schedules,
    '{"time_zone": "UTC", "every": "1 hour", "next_tick": "2026-01-01 08:00+00"}'::jsonb || changes::jsonb
  );
  return (
    select string_agg(to_char(t at time zone 'UTC', 'HH24:MI'), ' ' order by t)
    from unnest(graphile_worker._private_schedule_ticks(v_schedule, count)) as t
  );
end;
$$;
select is(pg_temp.ticks('{}', 3), '08:00 09:00 10:00', 'so many');
select is(pg_temp.ticks('{}', 0), null, 'none');
select is(pg_temp.ticks('{"next_tick": null}', 3), null, 'none comes');
select is(pg_temp.ticks('{"ends_at": "2026-01-01 09:00+00"}', 3), '08:00 09:00', 'it ends');
select is(pg_temp.ticks('{"every": null, "cron": "* * * * *", "time_zone": "gone"}', 3), '08:00', 'an error: what is known');

select * from finish();
