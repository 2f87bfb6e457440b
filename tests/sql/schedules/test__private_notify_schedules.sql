-- Who schedules is notified; that a worker hears it: tests/py/worker/test_schedules.py.
select plan(3);

select lives_ok($$select graphile_worker._private_notify_schedules('s')$$, 'not set');
select lives_ok(format('select graphile_worker._private_notify_schedules(%L)', repeat('x', 500)), 'as long as a file may be');
set local graphile_worker.notify = 'off';
select lives_ok($$select graphile_worker._private_notify_schedules(repeat('x', 9000))$$, 'off: nothing is sent');

select * from finish();
