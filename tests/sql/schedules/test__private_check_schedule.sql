-- What a schedule can't be.
select no_plan();

create function pg_temp.check(changes text) returns void language plpgsql as $$
declare
  v_schedule graphile_worker._private_schedules;
begin
  select * into v_schedule from jsonb_populate_record(
    null::graphile_worker._private_schedules,
    '{"identifier": "s", "cron": "* * * * *", "time_zone": "UTC", "task_identifier": "t", "job_key_mode": "replace",
      "backfill": "0", "jitter": "0", "skip_if_running": false}'::jsonb || changes::jsonb
  );
  perform graphile_worker._private_check_schedule(v_schedule);
end;
$$;
select lives_ok(format('select pg_temp.check(%L)', c.changes), c.changes)
from unnest(array[
  '{}', '{"cron": null, "every": "1 second"}', '{"cron": null, "every": "400 days"}', '{"payload": {"a": 1}}',
  '{"job_key": "k", "job_key_mode": "preserve_run_at"}', '{"starts_at": "2026-01-01", "ends_at": "2026-01-01"}',
  '{"cron": null, "file": "crontab"}', '{"time_zone": "Europe/Paris"}'
]) as c (changes);
select throws_ok(format('select pg_temp.check(%L)', c.changes), c.code, null, c.code || ' ' || c.changes)
from (
  values
  ('GWBSC', '{"cron": null}'),
  ('GWBSC', '{"every": "1 hour"}'),
  ('GWBSC', '{"file": "crontab", "every": "1 hour"}'),
  ('GWBSC', '{"cron": "0 0 30 2 *"}'),
  ('GWBSC', '{"cron": null, "every": "0.5 seconds"}'),
  ('GWBSC', '{"cron": null, "every": "1 month"}'),
  ('GWBSC', '{"cron": null, "every": "-1 hour"}'),
  ('GWBSC', '{"payload": [1]}'),
  ('GWBSC', '{"job_key_mode": "preserve_run_at"}'),
  ('GWBSC', '{"job_key": "k", "job_key_mode": "unsafe_dedupe"}'),
  ('GWBSC', '{"skip_if_running": null}'),
  ('GWBSC', '{"starts_at": "2026-01-02", "ends_at": "2026-01-01"}'),
  ('GWBTZ', '{"time_zone": "CEST"}'),
  ('GWBTI', '{"starts_at": "infinity"}'),
  ('GWBDU', '{"backfill": "-1 hour"}'),
  ('GWBDU', '{"jitter": null}'),
  ('GWBCI', '{"identifier": ""}'),
  ('GWBID', '{"task_identifier": ""}'),
  ('GWBQN', '{"queue_name": ""}'),
  ('GWBMA', '{"max_attempts": 0}'),
  ('GWBKY', '{"job_key": ""}'),
  ('GWBPR', '{"priority": 40000}')
) as c (code, changes);

select * from finish();
