-- What a policy says of jobs that are added.
select plan(5);

select is(graphile_worker._private_task_default('t', 'priority'), null, 'no policy');
select graphile_worker.set_task_policy('t', max_attempts => 3, priority => -5), graphile_worker.set_task_policy('u', timeout => '1s');
select is(graphile_worker._private_task_default('t', 'max_attempts'), 3, 'max_attempts');
select is(graphile_worker._private_task_default('t', 'priority'), -5, 'priority');
select is(graphile_worker._private_task_default('t', 'timeout'), null, 'nothing else');
select is(graphile_worker._private_task_default('u', 'priority'), null, 'a policy that says nothing of it');

select * from finish();
