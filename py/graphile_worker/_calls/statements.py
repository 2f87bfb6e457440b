"""The statements of those who add jobs and of workers, by name. What decides stands in sql/functions."""

from __future__ import annotations

import re
from dataclasses import fields

from .._basis.schema_name import quote_schema
from .rows import JobRow, SweptWorker

# Columns by name, not `*`: a newer schema may have more of them, and a statement that was prepared before would fail.
_COLUMNS = {
    "JobRow": ", ".join(JobRow.__struct_fields__),
    "SweptWorker": ", ".join(field.name for field in fields(SweptWorker)),
}

# `@extschema@` stands for the schema, `@JobRow@` for the columns of a model.
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
    """The statements for one schema: those above by name, others by their text with `@extschema@` in it.

    >>> Statements("graphile_worker")["select @extschema@.stats()"]
    b'select "graphile_worker".stats()'
    """

    def __init__(self, schema: str) -> None:
        # A percent sign would be taken for a placeholder of a parameter.
        self._values = {**_COLUMNS, "extschema": quote_schema(schema).replace("%", "%%")}
        self._statements: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        if name not in self._statements:
            text = _STATEMENTS.get(name, name)
            if "@extschema@" not in text:
                raise KeyError(name)
            text = re.sub("@([A-Za-z]+)@", lambda match: self._values[match[1]], text)
            self._statements[name] = text.encode()
        return self._statements[name]
