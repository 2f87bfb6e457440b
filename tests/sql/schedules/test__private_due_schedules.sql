-- Schedules that are due move on, each by its ticks.
select plan(13);

create function pg_temp.due(now timestamptz, crontabs text[] default null, max_ticks integer default 100)
returns setof text language sql as $$
  select d.identifier || to_char(d.tick at time zone 'UTC', ' HH24:MI')
  from graphile_worker._private_due_schedules(now, max_ticks, crontabs) with ordinality as d (identifier, tick, place)
  order by d.place
$$;
create function pg_temp.at(identifier text, next_tick timestamptz) returns void language sql as $$
  update graphile_worker._private_schedules as s set next_tick = at.next_tick where s.identifier = at.identifier
$$;
create function pg_temp.next(identifier text) returns text language sql as $$
  select to_char(s.next_tick at time zone 'UTC', 'HH24:MI')
  from graphile_worker._private_schedules as s where s.identifier = next.identifier
$$;
select graphile_worker.set_schedule('a', '* * * * *'), graphile_worker.set_schedule('b', '*/2 * * * *');
select pg_temp.at('a', '2026-01-01 08:00+00'), pg_temp.at('b', '2026-01-01 08:02+00');
select is_empty($$select pg_temp.due('2026-01-01 07:59:59+00')$$, 'before');
select results_eq($$select pg_temp.due('2026-01-01 08:00+00')$$, array['a 08:00'], 'at the tick');
select is(pg_temp.next('a'), '08:01', 'it has moved on');
select results_eq(
  $$select pg_temp.due('2026-01-01 08:03:59+00')$$, array['a 08:01', 'a 08:02', 'a 08:03', 'b 08:02'], 'all that were missed'
);
select results_eq(
  $$select pg_temp.due('2026-01-01 09:00:30+00')$$,
  array['a 08:56', 'a 08:57', 'a 08:58', 'a 08:59', 'a 09:00', 'b 08:56', 'b 08:58', 'b 09:00'],
  'of what is long ago five minutes'
);
select graphile_worker.set_schedule('b', '*/2 * * * *', backfill => '8 minutes');
select pg_temp.at('a', '2026-01-01 10:00+00'), pg_temp.at('b', '2026-01-01 09:58+00');
select results_eq(
  $$select pg_temp.due('2026-01-01 10:04+00')$$,
  array['b 09:58', 'b 10:00', 'b 10:02', 'b 10:04', 'a 10:00', 'a 10:01', 'a 10:02', 'a 10:03', 'a 10:04'], 'or what backfill says'
);
select pg_temp.at('a', '2026-01-01 11:00+00'), pg_temp.at('b', '2026-01-01 11:02+00');
select results_eq(
  $$select pg_temp.due('2026-01-01 11:02+00', max_ticks => 2)$$, array['a 11:00', 'a 11:01'], 'no more than that'
);
select is(pg_temp.next('a') || ' ' || pg_temp.next('b'), '11:02 11:02', 'the rest is due still');

-- A pause that has ended.
select graphile_worker.pause_schedule('a', until => now() + interval '1 hour');
update graphile_worker._private_schedules set paused_until = '2026-01-01 11:00+00' where identifier = 'a';
select pg_temp.at('a', '2026-01-01 11:02+00'), pg_temp.at('b', null);
select results_eq($$select pg_temp.due('2026-01-01 11:02+00')$$, array['a 11:02'], 'a pause that is over');
select is(
  (select s.paused_at from graphile_worker._private_schedules as s where s.identifier = 'a'), null, 'is forgotten'
);

-- One that is broken.
update graphile_worker._private_schedules set time_zone = 'gone' where identifier = 'a';
select pg_temp.at('a', '2026-01-01 12:00+00'), pg_temp.at('b', '2026-01-01 12:00+00');
select results_eq($$select pg_temp.due('2026-01-01 12:00+00')$$, array['b 12:00'], 'the others go on');
select matches(
  (select s.error from graphile_worker._private_schedules as s where s.identifier = 'a'), '^unknown time zone ''gone''. Write',
  'its error is kept'
);
select is(pg_temp.next('a'), null, 'it has no next tick');

select * from finish();
