"""A queue in which something of every kind lies, for pages to show."""

from __future__ import annotations

import psycopg

STATEMENTS = """
select gw.add_job('send_email', json_build_object('to', n)) from generate_series(1, 6) as n;
select gw.add_job('send_email', '{"to": "later"}', run_at => now() + interval '1 hour', priority => 10);
select gw.add_job('charge_card', '{"order": 12345678901234567890, "lines": [1, null, true], "text": "a\\"b"}',
  queue_name => 'customer 7', job_key => 'order:7', flags => '{slow}');
select gw.add_job('charge_card', queue_name => 'customer 8');
select gw.add_job('resize', job_key => 'resize:1');
select gw.permanently_fail_jobs(array[id], E'TimeoutError: api.example.com\\n  second line')
  from gw.list_jobs() where key = 'resize:1';
select gw.add_job('sync', queue_name => 'crm');
select gw.get_jobs('worker_a', '{sync}');
select gw.worker_heartbeat('worker_a', '{"host": "web-1"}');
select gw.add_job('import');
select gw.get_jobs('worker_gone', '{import}');
select gw.register_crontabs('{nightly}');
select gw.set_schedule('digest', '0 8 * * 1', task => 'send_digest', time_zone => 'Europe/Vienna', queue_name => 'mail',
  payload => '{"order": 12345678901234567890}', starts_at => '2026-01-01 00:00:00.000001+00');
select gw.publish_schedules('deploy/crontab', '[{"task": "rollup", "cron": "*/5 * * * *", "line": 3}]');
select gw.pause_queue('customer 8', 'asked to wait');
select gw.publish_task_policies('{
  "render": {
    "retry": {"kind": "linear", "base": "30s", "cap": "10m", "jitter": 0.1}, "timeout": "1 hour", "priority": 5
  },
  "thumbnail": {"retry": {"kind": "fixed", "delays": ["1s", "1m", 90]}, "bad_payload": "fail"}
}');
select gw.set_task_policy('render', timeout => '5 minutes', max_attempts => 3, expires_after => '1 day',
  reason => 'the new machine is slow');
"""


def seed(url: str, statements: str = STATEMENTS) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements.replace("gw.", "graphile_worker."))
