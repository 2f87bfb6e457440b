-- An entry of a crontab that is refused is kept with its error; more of it in test_publish_schedules.sql.
select plan(5);

create function pg_temp.refuse(identifier text, task text, cron text) returns text language plpgsql as $$
declare
  v_schedule graphile_worker._private_schedules;
begin
  v_schedule.identifier := identifier;
  v_schedule.task_identifier := task;
  v_schedule.cron := cron;
  v_schedule.file := 'crontab';
  perform graphile_worker._private_refuse_schedule(v_schedule, 'no', now());
  return (
    select concat_ws(' ', s.task_identifier, s.cron, s.next_tick is null, s.error, s.file, s.is_in_file)
    from graphile_worker._private_schedules as s where s.identifier = refuse.identifier
  );
end;
$$;
select is(pg_temp.refuse('new', 'task', 'never'), 'task never t no crontab t', 'one that is new');
select is(pg_temp.refuse('unread', null, null), null, 'one without a task');
select graphile_worker.publish_schedules('crontab', '[{"task": "old", "cron": "* * * * *"}]');
select is(pg_temp.refuse('old', null, null), 'old * * * * * t no crontab t', 'which is no longer due if it was there');
select is(pg_temp.refuse('old', 'other', '5'), 'old 5 t no crontab t', 'it is told as it stands');
select graphile_worker.set_schedule('row', '* * * * *');
select is(pg_temp.refuse('row', 'task', '5'), 'row * * * * * f', 'one of set_schedule is left alone');

select * from finish();
