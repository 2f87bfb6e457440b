-- A job at once, and no tick the less.
select plan(6);

select graphile_worker.set_schedule('s', '* * * * *', task => 't', payload => '{"n": 1}', queue_name => 'q', max_attempts => 3);
select graphile_worker.pause_schedule('s');
create temporary table ran as select graphile_worker.run_schedule_now('s') as id;
select results_eq(
  $$
    select j.task_identifier, j.payload ->> 'n', (j.payload #>> '{_cron,ts}')::timestamptz, j.queue_name, j.max_attempts::integer, j.run_at
    from ran as r cross join graphile_worker.show_job(r.id) as j
  $$,
  $$values ('t', '1', date_trunc('milliseconds', now()), 'q', 3, now())$$, 'a job, though it is paused'
);
select is((select s.last_job_id from graphile_worker._private_schedules as s), (select r.id from ran as r), 'its last job');
select is((select k.last_execution from graphile_worker._private_known_crontabs as k), null, 'no tick was scheduled');
select graphile_worker.resume_schedule('s');
select isnt(graphile_worker.run_schedule_now('s'), (select r.id from ran as r), 'another one');
select is(
  (select s.next_tick from graphile_worker._private_schedules as s), graphile_worker.next_ticks('* * * * *'), 'the next tick stays'
);
select throws_ok($$select graphile_worker.run_schedule_now('x')$$, 'GWUSC', null, 'there is none');

select * from finish();
