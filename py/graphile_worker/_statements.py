"""Every statement the driver sends, one per call, by name. What decides stands in sql/functions."""

from __future__ import annotations

from ._sql import PLACEHOLDER, quote_schema

_STATEMENTS = {
    "add_job": """
        select * from @extschema@.add_job(
          %(identifier)s::text, %(payload)s::json, %(queue_name)s::text, %(run_at)s::timestamptz,
          %(max_attempts)s::integer, %(job_key)s::text, %(priority)s::integer, %(flags)s::text[],
          %(job_key_mode)s::text
        )""",
    # Flags travel as JSON: an array of arrays must be rectangular, and unnest would flatten it.
    "add_jobs": """
        select j.id from @extschema@.add_jobs(
          array(
            select row(
              s.identifier, s.payload, s.queue_name, s.run_at, s.max_attempts, s.job_key, s.priority,
              case when s.flags is not null then array(select json_array_elements_text(s.flags)) end
            )::@extschema@.job_spec
            from unnest(
              %(identifiers)s::text[], %(payloads)s::json[], %(queue_names)s::text[], %(run_ats)s::timestamptz[],
              %(max_attempts)s::smallint[], %(job_keys)s::text[], %(priorities)s::smallint[], %(flags)s::json[]
            ) with ordinality as s (
              identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags, ordinal
            )
            order by s.ordinal
          ),
          %(job_key_preserve_run_at)s::boolean
        ) as j""",
    "remove_job": "select * from @extschema@.remove_job(%(job_key)s::text)",
    "complete_jobs": "select * from @extschema@.complete_jobs(%(job_ids)s::bigint[])",
    "permanently_fail_jobs": """
        select * from @extschema@.permanently_fail_jobs(%(job_ids)s::bigint[], %(error_message)s::text)""",
    "reschedule_jobs": """
        select * from @extschema@.reschedule_jobs(
          %(job_ids)s::bigint[], %(run_at)s::timestamptz, %(priority)s::integer, %(attempts)s::integer,
          %(max_attempts)s::integer
        )""",
    "force_unlock_workers": "select @extschema@.force_unlock_workers(%(worker_ids)s::text[])",
    "release_expired_locks": "select * from @extschema@.release_expired_locks(%(max_age)s::interval)",
    "cleanup": "select * from @extschema@.cleanup(%(tasks)s::text[], %(keep)s::text[])",
    "stats": "select * from @extschema@.stats()",
    "list_jobs": """
        select * from @extschema@.list_jobs(
          %(state)s::text, %(task)s::text, %(queue)s::text, %(search)s::text, %(row_limit)s::integer,
          %(row_offset)s::integer
        )""",
    "show_job": "select * from @extschema@.show_job(%(job_id)s::bigint)",
    "list_queues": "select * from @extschema@.list_queues()",
    "list_workers": "select * from @extschema@.list_workers(%(stale_threshold)s::interval)",
    "list_locked_workers": "select * from @extschema@.list_locked_workers()",
    "register_crontabs": """
        select * from @extschema@.register_crontabs(%(identifiers)s::text[], %(seen_at)s::timestamptz)""",
    "schedule_crontabs": """
        select * from @extschema@.schedule_crontabs(
          %(tick)s::timestamptz, %(entries)s::json, %(backfilled)s::boolean
        )""",
    "list_crontabs": "select * from @extschema@.list_crontabs()",
    # What a worker calls. Columns in the order of _job.Job.
    "get_jobs": """
        select
          id, task_identifier, payload, queue_name, priority, run_at, attempts, max_attempts, created_at, key, flags
        from @extschema@.get_jobs(
          %(worker_id)s::text, %(task_identifiers)s::text[], %(max_jobs)s::integer, %(forbidden_flags)s::text[],
          coalesce(%(now)s::timestamptz, now())
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

    >>> Statements("graphile_worker")["stats"]
    b'select * from "graphile_worker".stats()'
    """

    def __init__(self, schema: str) -> None:
        # A percent sign would be taken for a placeholder of a parameter.
        quoted = quote_schema(schema).replace("%", "%%")
        self._statements = {name: text.replace(PLACEHOLDER, quoted).encode() for name, text in _STATEMENTS.items()}

    def __getitem__(self, name: str) -> bytes:
        return self._statements[name]
