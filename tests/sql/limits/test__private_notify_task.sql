-- Workers hear of a task that nothing holds back any more; what is sent, tests/py/concurrency has.
select plan(3);

select lives_ok('select graphile_worker._private_notify_task(''none'')', 'of a task that is not there');
select graphile_worker.add_job('t') from generate_series(1, 3);
select lives_ok('select graphile_worker._private_notify_task(''t'')', 'and of one that is');
set local graphile_worker.notify = 'loud';
select throws_ok('select graphile_worker._private_notify_task(''t'')', 'GWBNS', null, 'GWBNS: it is notified');

select * from finish();
