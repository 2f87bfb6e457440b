-- A schedule goes; a crontab's goes there.
select plan(8);

select graphile_worker.set_schedule('s', '* * * * *');
select ok(graphile_worker.remove_schedule('s'), 'it was there');
select ok(not graphile_worker.remove_schedule('s'), 'it was not');
select is((select count(*) from graphile_worker._private_schedules), 0::bigint, 'it is gone');
select is((select count(*) from graphile_worker._private_known_crontabs), 1::bigint, 'its last tick stays known');
select graphile_worker.publish_schedules('crontab', '[{"task": "f", "cron": "* * * * *", "line": 3}]');
select throws_ok(
  $$select graphile_worker.remove_schedule('f')$$, 'GWROS', 'schedule ''f'' stands in crontab:3', 'a crontab''s'
);
select graphile_worker.publish_schedules('crontab', '[]');
select ok(graphile_worker.remove_schedule('f'), 'one that stands there no more');
select is((select count(*) from graphile_worker._private_schedules), 0::bigint, 'is gone, too');
select ok(not graphile_worker.remove_schedule(null), 'null is none');

select * from finish();
