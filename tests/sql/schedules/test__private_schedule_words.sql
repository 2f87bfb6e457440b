-- Schedules in words.
select plan(8);

create function pg_temp.words(cron text, every interval, zone text) returns text language plpgsql as $$
declare
  v_schedule graphile_worker._private_schedules;
begin
  v_schedule.cron := cron;
  v_schedule.every := every;
  v_schedule.time_zone := zone;
  return graphile_worker._private_schedule_words(v_schedule);
end;
$$;
select is(pg_temp.words(c.cron, c.every::interval, c.zone), c.words, c.words)
from (
  values
  ('0 8 * * 1', null, 'UTC', 'at 08:00 on Monday'),
  ('0 8 * * 1', null, 'Europe/Vienna', 'at 08:00 on Monday (Europe/Vienna)'),
  (null, '10 seconds', 'UTC', 'every 10 seconds'),
  (null, '1 hour', 'UTC', 'every hour'),
  (null, '90 minutes', 'UTC', 'every 90 minutes'),
  (null, '14 days', 'UTC', 'every 2 weeks'),
  (null, null, 'UTC', 'when a function of its worker says'),
  ('what is this', null, 'UTC', 'what is this')
) as c (cron, every, zone, words);

select * from finish();
