-- Jobs were taken from their workers.
select plan(4);

select lives_ok('select graphile_worker._private_settle_limits()', 'no limits');
select graphile_worker.limit_task('t', 1), graphile_worker.limit_queue('q', 2);
select graphile_worker.add_job('t', queue_name => 'q');
update graphile_worker._private_job_queues set locked_by = 'w', locked_at = now();
set local graphile_worker.notify = 'off';
select lives_ok('select graphile_worker._private_settle_limits()', 'with limits');
select ok((select q.is_available from graphile_worker._private_job_queues as q), 'queues are settled');
set local graphile_worker.notify = 'sparse';
select graphile_worker._private_settle_limits();
select isnt_empty(
  $$select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()$$, 'and workers hear of what may start'
);

select * from finish();
