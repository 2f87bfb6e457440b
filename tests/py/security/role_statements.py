"""Everything that somebody could try on a queue, by who may; @ stands for the quoted schema name."""

from __future__ import annotations

TABLES = ("jobs", "job_queues", "tasks", "known_crontabs", "workers", "migrations", "bundle", "schedules")
# What nobody but the owner may do.
ON_TABLES = [
    statement.replace("#", f"@._private_{table}")
    for table in TABLES
    for statement in (
        "select from #",
        "delete from #",
        "truncate #",
        "lock table # in access share mode",
        "create trigger t before insert on # for each row execute function suppress_redundant_updates_trigger()",
        "alter table # disable row level security",
        "create policy p on # using (true)",
        "comment on table # is 'mine'",
    )
] + [
    "insert into @._private_tasks (identifier) values ('mine')",
    "insert into @._private_jobs (task_id) values (1)",
    "update @._private_jobs set payload = '{}'",
    "update @._private_jobs set priority = -1",
    "select from @.migrations",
    "insert into @.migrations values (21)",
    "select nextval('@._private_jobs_id_seq')",
    "select setval('@._private_jobs_id_seq', 1)",
    "create table @.mine ()",
    "create function @.add_job(varchar) returns void language sql as 'select'",
    "create or replace function @.stats() returns void language sql as 'select'",
    "drop function @.stats()",
    "select @.grant_role(current_user, 'operator')",
    "select @._private_task_id('mine')",
    "select from @._private_api",
]
ON_JOBS = [
    "select from @.jobs",
    "select @.list_jobs()",
    "select @.show_job(1)",
    "select @.stats()",
    "select @.list_queues()",
    "select @.list_workers()",
    "select @.list_locked_workers()",
    "select @.list_crontabs()",
    "select @.remove_job('guessable')",
    "select @.complete_jobs(array[1]::bigint[])",
    "select @.permanently_fail_jobs(array[1]::bigint[])",
    "select @.reschedule_jobs(array[1]::bigint[], run_at => now())",
    "select @.force_unlock_workers('{w}')",
    "select @.cleanup()",
    "select @.list_schedules()",
    "select @.set_schedule('s', '0 0 1 1 *')",
    "select @.pause_schedule('s')",
    "select @.resume_schedule('s')",
    "select @.remove_schedule('s')",
]
BY_WORKERS = [
    "select @.get_jobs('w')",
    "select @.complete_jobs('w', array[1]::bigint[])",
    "select @.fail_jobs('w', array[1]::bigint[], array['no'])",
    "select @.return_jobs('w', array[1]::bigint[])",
    "select @.resume_worker('w')",
    "select @.worker_heartbeat('w')",
    "select @.worker_deregister('w')",
]
BY_BOTH = [
    "select @.release_expired_locks()",
    "select @.list_stale_workers('1 day')",
    "select @.list_orphan_locked_workers('1 day')",
    "select @.recover_dead_worker_jobs('{w}')",
    "select @.delete_stale_workers('{w}')",
    "select @.next_schedule()",
    "select @.schedule_due_jobs()",
    "select @.publish_schedules('f', '[]')",
]
ADD = [
    "select @.add_job('t')",
    "select @.add_jobs(array[row('t', null, null, null, null, null, null, null)::@.job_spec])",
    "select @.add_unkeyed_jobs(array['t'], '[1]')",
    "select @.analyze_jobs(1)",
]
