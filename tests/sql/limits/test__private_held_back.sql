-- What waits for a limit.
select plan(4);

select graphile_worker.add_job(t) from unnest(array['full', 'free', 'room', 'rate']) as t, generate_series(1, 4);
select is(graphile_worker._private_held_back(10), 0::bigint, 'nothing is limited');
select
  graphile_worker.limit_task('full', 1), graphile_worker.limit_task('room', 2),
  graphile_worker.limit_task('rate', rate => 1);
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where id % 4 = 0;
insert into graphile_worker._private_buckets values ('task', 'rate', '', now() + interval '1 minute', now());
select is(graphile_worker._private_held_back(10), 6::bigint, 'what is full, and what has used up its rate');
select is(graphile_worker._private_held_back(2), 4::bigint, 'no more of each than are counted');
select graphile_worker.add_job('full', run_at => now() + interval '1 hour');
select is(graphile_worker._private_held_back(10), 6::bigint, 'what is due');

select * from finish();
