-- A pause ends.
select plan(9);

select graphile_worker.set_schedule('s', '* * * * *');
select ok(not graphile_worker.resume_schedule('s'), 'it was not paused');
select graphile_worker.pause_schedule('s', 'why', now() + interval '1 day');
update graphile_worker._private_known_crontabs set last_execution = date_trunc('minute', now()) + interval '2 minutes';
select ok(graphile_worker.resume_schedule('s'), 'it was paused');
select results_eq(
  'select s.paused_at, s.paused_by, s.paused_until, s.reason, s.next_tick from graphile_worker._private_schedules as s',
  $$
    values (
      null::timestamptz, null, null::timestamptz, null, date_trunc('minute', now()) + interval '3 minutes'
    )
  $$,
  'nothing of it stays, and no tick is repeated'
);
update graphile_worker._private_schedules set next_tick = null, error = 'broken', error_at = now(), time_zone = 'gone';
select throws_ok($$select graphile_worker.resume_schedule('s')$$, 'GWBTZ', null, 'an error that is still there');
update graphile_worker._private_schedules set time_zone = 'UTC';
select ok(not graphile_worker.resume_schedule('s'), 'one that is mended was not paused');
select ok(
  (select s.next_tick is not null and s.error is null and s.error_at is null from graphile_worker._private_schedules as s),
  'and goes on'
);
update graphile_worker._private_schedules set paused_at = now(), paused_until = now() - interval '1 second';
select ok(not graphile_worker.resume_schedule('s'), 'a pause that is over is none');
select throws_ok($$select graphile_worker.resume_schedule('x')$$, 'GWUSC', null, 'there is none');
select throws_ok($$select graphile_worker.resume_schedule(null)$$, 'GWUSC', null, 'null');

select * from finish();
