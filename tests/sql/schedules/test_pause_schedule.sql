-- A paused schedule adds nothing.
select plan(15);

create function pg_temp.paused() returns text language sql as $$
  select concat_ws(' ', s.reason, s.paused_at < now(), s.paused_until is not null, s.next_tick is null)
  from graphile_worker._private_schedules as s where s.identifier = 's'
$$;
select graphile_worker.set_schedule('s', '* * * * *');
select ok(graphile_worker.pause_schedule('s', 'why'), 'it was not paused');
select is(pg_temp.paused(), 'why f f t', 'it has no next tick');
select is((select s.paused_by from graphile_worker._private_schedules as s), session_user::text, 'by this one');
update graphile_worker._private_schedules set paused_at = now() - interval '1 day';
select ok(not graphile_worker.pause_schedule('s', until => now() + interval '1 day'), 'it was paused');
select is(pg_temp.paused(), 'why t t f', 'the reason and the beginning stay, it has an end');
select cmp_ok(
  (select s.next_tick from graphile_worker._private_schedules as s), '>=', now() + interval '1 day', 'the next tick is after that'
);
select ok(not graphile_worker.pause_schedule('s', 'another'), 'it was paused');
select is(pg_temp.paused(), 'another t f t', 'without an end, for another reason');
select is_empty($$select * from graphile_worker.schedule_due_jobs(now() + interval '4 minutes')$$, 'nothing is added');
update graphile_worker._private_schedules set paused_until = now() - interval '1 second';
select ok(graphile_worker.pause_schedule('s'), 'a pause that is over is none');
select is(pg_temp.paused(), 'f f t', 'nor is its reason one of the new pause');

select graphile_worker.publish_schedules('crontab', '[{"task": "f", "cron": "* * * * *"}]');
select ok(graphile_worker.pause_schedule('f'), 'one of a crontab');
select is(
  (select count(*) from graphile_worker.schedule_crontabs(date_trunc('minute', now()), '[{"task": "f"}]')), 0::bigint,
  'which nobody schedules in another way either'
);
select throws_ok($$select graphile_worker.pause_schedule('x')$$, 'GWUSC', null, 'there is none');
select throws_ok($$select graphile_worker.pause_schedule('s', until => 'infinity')$$, 'GWBTI', null, 'GWBTI');

select * from finish();
