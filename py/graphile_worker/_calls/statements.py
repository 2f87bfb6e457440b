"""Every statement the driver sends, one per call, by name. What decides stands in sql/functions."""

from __future__ import annotations

import re
from dataclasses import fields

from .._basis.schema_name import quote_schema
from .operator_rows import (
    BulkResult,
    CleanupPreview,
    CrashedJob,
    Pause,
    QueueLength,
    RefusedClaim,
    SweptWorker,
    TableHealth,
    TaskSummary,
    XminHolder,
)
from .rows import (
    JobDetails,
    JobRow,
    JobSummary,
    KnownCrontab,
    LockedWorker,
    QueueSummary,
    RefusedCrontab,
    ReleasedLock,
    ScheduledCrontab,
    Stats,
    WorkerSummary,
)

# Columns by name, not `*`: a newer schema may have more of them, and a statement that was prepared before would fail.
_COLUMNS = {
    cls.__name__: ", ".join(field.name for field in fields(cls))
    for cls in (
        JobDetails,
        JobSummary,
        KnownCrontab,
        LockedWorker,
        QueueSummary,
        RefusedCrontab,
        ReleasedLock,
        ScheduledCrontab,
        Stats,
        WorkerSummary,
        BulkResult,
        CleanupPreview,
        CrashedJob,
        RefusedClaim,
        Pause,
        QueueLength,
        SweptWorker,
        TableHealth,
        TaskSummary,
        XminHolder,
    )
} | {"JobRow": ", ".join(JobRow.__struct_fields__)}

# What jobs a bulk change is about, and how large a chunk of it.
_FILTERS = """
          task => %(task)s::text, queue => %(queue)s::text, state => %(state)s::text,
          error_like => %(error_like)s::text, changed_before => %(changed_before)s::timestamptz,
          changed_since => %(changed_since)s::timestamptz, job_ids => %(job_ids)s::bigint[],
          after_id => %(after_id)s::bigint, max_jobs => %(max_jobs)s::integer, max_rows => %(max_rows)s::integer,
          dry_run => %(dry_run)s::boolean"""

# `@extschema@` stands for the schema, `@JobRow@` for the columns of a model, `@filters@` for _FILTERS.
_STATEMENTS = {
    "add_job": """
        select @JobRow@ from @extschema@.add_job(
          %(identifier)s::text, %(payload)s::json, %(queue_name)s::text, %(run_at)s::timestamptz,
          %(max_attempts)s::integer, %(job_key)s::text, %(priority)s::integer, %(flags)s::text[],
          %(job_key_mode)s::text
        )""",
    # What most calls are: seven arguments less to send, and to be read.
    "add_job_of_defaults": """
        select @JobRow@ from @extschema@.add_job(%(identifier)s::text, %(payload)s::json)""",
    # Values of many jobs travel as one JSON array each, or null when all are null: to write a list as an array takes
    # ten times as long, and flags could not be: an array of arrays must be rectangular.
    "add_jobs": """
        select array_agg(j.id order by j.ordinality)
        from @extschema@.add_jobs(
          array(
            select row(
              s.identifier, s.payload, s.queue_name, s.run_at::timestamptz, s.max_attempts::smallint, s.job_key,
              s.priority::smallint,
              case when json_typeof(s.flags) <> 'null' then array(select json_array_elements_text(s.flags)) end
            )::@extschema@.job_spec
            from rows from (
              json_array_elements_text(%(identifiers)s::json), json_array_elements(%(payloads)s::json),
              json_array_elements_text(%(queue_names)s::json), json_array_elements_text(%(run_ats)s::json),
              json_array_elements_text(%(max_attempts)s::json), json_array_elements_text(%(job_keys)s::json),
              json_array_elements_text(%(priorities)s::json), json_array_elements(%(flags)s::json)
            ) with ordinality as s (
              identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags, ordinal
            )
            order by s.ordinal
          ),
          %(job_key_preserve_run_at)s::boolean
        ) with ordinality as j""",
    "add_unkeyed_jobs": """
        select @extschema@.add_unkeyed_jobs(
          array(select json_array_elements_text(%(identifiers)s::json)),
          %(payloads)s::json,
          array(select json_array_elements_text(%(queue_names)s::json)),
          array(select r.run_at::timestamptz from json_array_elements_text(%(run_ats)s::json) as r (run_at)),
          array(select m.most::integer from json_array_elements_text(%(max_attempts)s::json) as m (most)),
          array(select p.priority::integer from json_array_elements_text(%(priorities)s::json) as p (priority)),
          %(flags)s::json
        )""",
    "analyze_jobs": "select @extschema@.analyze_jobs(%(added_jobs)s::integer)",
    "remove_job": "select @JobRow@ from @extschema@.remove_job(%(job_key)s::text)",
    "complete_jobs": "select @JobRow@ from @extschema@.complete_jobs(%(job_ids)s::bigint[])",
    "permanently_fail_jobs": """
        select @JobRow@ from @extschema@.permanently_fail_jobs(%(job_ids)s::bigint[], %(error_message)s::text)""",
    "reschedule_jobs": """
        select @JobRow@ from @extschema@.reschedule_jobs(
          %(job_ids)s::bigint[], %(run_at)s::timestamptz, %(priority)s::integer, %(attempts)s::integer,
          %(max_attempts)s::integer
        )""",
    "force_unlock_workers": """
        select @LockedWorker@ from @extschema@.force_unlock_workers(%(worker_ids)s::text[], %(dry_run)s::boolean)""",
    "sweep_stale_workers": """
        select @SweptWorker@
        from @extschema@.sweep_stale_workers(
          sweep_threshold => %(sweep_threshold)s::interval, recovery_delay => %(recovery_delay)s::interval,
          dry_run => %(dry_run)s::boolean
        )""",
    "release_expired_locks": """
        select @ReleasedLock@
        from @extschema@.release_expired_locks(%(max_age)s::interval, %(dry_run)s::boolean)""",
    "renew_locks": "select @extschema@.renew_locks(%(worker_ids)s::text[])",
    "cleanup": """
        select task, removed
        from @extschema@.cleanup(%(tasks)s::text[], %(keep)s::text[], %(max_rows)s::integer)""",
    "preview_cleanup": """
        select @CleanupPreview@
        from @extschema@.cleanup(%(tasks)s::text[], %(keep)s::text[], %(max_rows)s::integer, dry_run => true)""",
    "stats": "select @Stats@ from @extschema@.stats()",
    "task_stats": """
        select @TaskSummary@ from @extschema@.task_stats(
          %(row_limit)s::integer, %(after_task)s::text, %(count_limit)s::integer
        )""",
    "table_health": "select @TableHealth@ from @extschema@.table_health()",
    "list_xmin_holders": "select @XminHolder@ from @extschema@.list_xmin_holders(%(row_limit)s::integer)",
    "list_refused_claims": "select @RefusedClaim@ from @extschema@.list_refused_claims(%(row_limit)s::integer)",
    "list_jobs_page": """
        select looked_at, complete, next_id, @JobSummary@ from @extschema@.list_jobs_page(
          %(state)s::text, %(task)s::text, %(queue)s::text, %(search)s::text, %(row_limit)s::integer,
          %(row_offset)s::integer, %(before_id)s::bigint, %(after_id)s::bigint, %(max_rows)s::integer
        )""",
    "show_job": "select @JobDetails@ from @extschema@.show_job(%(job_id)s::bigint)",
    "find_job": "select @JobDetails@ from @extschema@.find_job(%(job_key)s::text)",
    "list_queues": """
        select @QueueSummary@ from @extschema@.list_queues(
          %(row_limit)s::integer, %(after_queue)s::text, %(search)s::text, %(count_limit)s::integer
        )""",
    "longest_queues": """
        select @QueueLength@ from @extschema@.longest_queues(%(row_limit)s::integer, %(max_rows)s::integer)""",
    "list_workers": """
        select @WorkerSummary@ from @extschema@.list_workers(
          %(stale_threshold)s::interval, %(row_limit)s::integer, %(row_offset)s::integer
        )""",
    "list_locked_workers": "select @LockedWorker@ from @extschema@.list_locked_workers()",
    "retry_jobs": "select @JobRow@ from @extschema@.retry_jobs(%(job_ids)s::bigint[])",
    "list_default_states": "select action, state from @extschema@.list_default_states()",
    "complete_matching_jobs": "select @BulkResult@ from @extschema@.complete_matching_jobs(@filters@)",
    "retry_matching_jobs": "select @BulkResult@ from @extschema@.retry_matching_jobs(@filters@)",
    "remove_matching_jobs": "select @BulkResult@ from @extschema@.remove_matching_jobs(@filters@)",
    "fail_matching_jobs": """
        select @BulkResult@
        from @extschema@.fail_matching_jobs(@filters@, error_message => %(error_message)s::text)""",
    "reschedule_matching_jobs": """
        select @BulkResult@ from @extschema@.reschedule_matching_jobs(@filters@,
          run_at => %(run_at)s::timestamptz, priority => %(priority)s::integer, attempts => %(attempts)s::integer,
          max_attempts => %(max_attempts)s::integer
        )""",
    "pause_queue": "select @extschema@.pause_queue(%(name)s::text, %(reason)s::text)",
    "pause_task": "select @extschema@.pause_task(%(name)s::text, %(reason)s::text)",
    "resume_queue": "select @extschema@.resume_queue(%(name)s::text)",
    "resume_task": "select @extschema@.resume_task(%(name)s::text)",
    "list_paused": "select @Pause@ from @extschema@.list_paused()",
    "register_crontabs": """
        select @KnownCrontab@ from @extschema@.register_crontabs(%(identifiers)s::text[], %(seen_at)s::timestamptz)""",
    "schedule_crontabs": """
        select @ScheduledCrontab@ from @extschema@.schedule_crontabs(
          %(tick)s::timestamptz, %(entries)s::json, %(backfilled)s::boolean, with_refused => true
        )""",
    "check_crontabs": "select @RefusedCrontab@ from @extschema@.check_crontabs(%(entries)s::json)",
    "list_crontabs": "select @KnownCrontab@ from @extschema@.list_crontabs()",
    "newer_breaking_migration": """
        select @extschema@.newer_breaking_migration(%(revision)s::integer, %(migration)s::integer)""",
    "list_crashes": "select @CrashedJob@ from @extschema@.list_crashes(%(row_limit)s::integer)",
    # What a worker calls on the connection of its heartbeats.
    "worker_heartbeat": "select @extschema@.worker_heartbeat(%(worker_id)s::text, %(metadata)s::json)",
    "beat_workers": "select worker_id, worker_count from @extschema@.beat_workers(%(worker_ids)s::text[])",
    "hold_worker_locks": "select @extschema@.hold_worker_locks(%(worker_ids)s::text[])",
    "worker_deregister": "select @extschema@.worker_deregister(u.id) from unnest(%(worker_ids)s::text[]) as u (id)",
    "list_missing_workers": """
        select worker_id, last_heartbeat_at
        from @extschema@.list_missing_workers(%(own_ids)s::text[], %(resilient_flags)s::text[])""",
    "sweep": """
        select @SweptWorker@ from @extschema@.sweep_stale_workers(
          %(sweep_threshold)s::interval, %(recovery_delay)s::interval, %(dry_run)s::boolean,
          %(resilient_flags)s::text[], %(multiplier)s::double precision, %(max_crashes)s::integer,
          %(orphans_like)s::text
        )""",
    "recover_workers": """
        select @SweptWorker@ from @extschema@.recover_workers(
          %(worker_ids)s::text[], %(last_heartbeats)s::timestamptz[], %(recovery_delay)s::interval,
          %(max_crashes)s::integer
        )""",
    # Columns in the order of _job.Job, then those of JobRecovery.
    "list_held_jobs": """
        select
          id, task_identifier, payload, queue_name, priority, run_at, attempts, max_attempts, created_at, key, flags,
          locked_at, crashes
        from @extschema@.list_held_jobs(%(worker_id)s::text, %(after_id)s::bigint, %(row_limit)s::integer)""",
    "recover_jobs": """
        select is_given_up from @extschema@.recover_jobs(
          %(worker_id)s::text, %(last_heartbeat_at)s::timestamptz, %(job_ids)s::bigint[], %(actions)s::text[],
          %(run_ats)s::timestamptz[], %(attempts)s::integer[], %(error_messages)s::text[],
          %(recovery_delay)s::interval, %(max_crashes)s::integer
        )""",
    # What a worker calls where it claims. Columns in the order of job.Job.
    "get_jobs": """
        select
          id, task_identifier, payload, queue_name, priority, run_at, attempts, max_attempts, created_at, key, flags
        from @extschema@.get_jobs(
          %(worker_id)s::text, %(task_identifiers)s::text[], %(max_jobs)s::integer, %(forbidden_flags)s::text[],
          coalesce(%(now)s::timestamptz, now()), %(after_priority)s::integer, %(after_run_at)s::timestamptz,
          %(after_id)s::bigint, %(must_be_registered)s::boolean
        )""",
    "worker_complete_jobs": "select @extschema@.complete_jobs(%(worker_id)s::text, %(job_ids)s::bigint[])",
    "fail_jobs": """
        select id, will_retry
        from @extschema@.fail_jobs(
          %(worker_id)s::text, %(job_ids)s::bigint[], %(error_messages)s::text[],
          %(replacement_payloads)s::json[],
          failed_at => array(
            select coalesce(%(now)s::timestamptz, now()) - a.age
            from unnest(%(ages)s::interval[]) with ordinality as a (age, ordinal)
            order by a.ordinal
          )
        )""",
    "return_jobs": """
        select @extschema@.return_jobs(
          %(worker_id)s::text, %(job_ids)s::bigint[], %(delay)s::interval, coalesce(%(now)s::timestamptz, now())
        )""",
    "resume_worker": """
        select id, outcome from @extschema@.resume_worker(%(worker_id)s::text, %(held_job_ids)s::bigint[])""",
}


class Statements:
    """The statements for one schema.

    >>> Statements("graphile_worker")["list_crontabs"]
    b'select identifier, known_since, last_execution from "graphile_worker".list_crontabs()'
    """

    def __init__(self, schema: str) -> None:
        # A percent sign would be taken for a placeholder of a parameter.
        values = {**_COLUMNS, "filters": _FILTERS, "extschema": quote_schema(schema).replace("%", "%%")}
        self._statements = {
            name: re.sub("@([A-Za-z]+)@", lambda match: values[match[1]], text).encode()
            for name, text in _STATEMENTS.items()
        }

    def __getitem__(self, name: str) -> bytes:
        return self._statements[name]
