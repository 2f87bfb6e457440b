"""The statements of workers, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .statements import Statements

_STATEMENTS = {
    # What a worker calls on the connection of its heartbeats.
    "worker_heartbeat": "select @extschema@.worker_heartbeat(%(worker_id)s::text, %(metadata)s::json)",
    "beat_workers": """
        select worker_id, worker_count
        from @extschema@.beat_workers(%(worker_ids)s::text[], %(lost_slots)s::integer[])""",
    "hold_worker_locks": "select @extschema@.hold_worker_locks(%(worker_ids)s::text[])",
    "worker_deregister": "select @extschema@.worker_deregister(u.id) from unnest(%(worker_ids)s::text[]) as u (id)",
    "watch_workers": """
        select worker_id, last_heartbeat_at, dead_in
        from @extschema@.watch_workers(%(own_ids)s::text[], %(grace)s::interval, %(resilient_flags)s::text[])""",
    # Only who is dead: what those hold is taken back worker by worker.
    "sweep": """
        select worker_id, last_heartbeat_at
        from @extschema@.sweep_stale_workers(
          sweep_threshold => %(sweep_threshold)s::interval, dry_run => true,
          resilient_flags => %(resilient_flags)s::text[], multiplier => %(multiplier)s::double precision,
          orphans_like => %(orphans_like)s::text
        )""",
    "recover_workers": """
        select worker_id, last_heartbeat_at, recovered_jobs, given_up_jobs, skipped_jobs
        from @extschema@.recover_workers(
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
        select id, is_given_up from @extschema@.recover_jobs(
          %(worker_id)s::text, %(last_heartbeat_at)s::timestamptz, %(job_ids)s::bigint[], %(actions)s::text[],
          %(run_ats)s::timestamptz[], %(attempts)s::integer[], %(error_messages)s::text[],
          %(recovery_delay)s::interval, %(max_crashes)s::integer
        )""",
    # A worker's round. Columns in the order of job.Job, then those of what is no job; few are, and null is cheap.
    # Most rounds: by itself, as what the other one computes takes a tenth of the time of a round.
    "worker_round": """
        select
          id, task_identifier, payload, queue_name, priority, run_at, attempts, max_attempts, created_at, key, flags,
          nullif(kind, 'job'), error
        from @extschema@.worker_round(
          worker_id => %(worker_id)s::text, completed => %(completed)s::bigint[],
          task_identifiers => %(task_identifiers)s::text[], max_jobs => %(max_jobs)s::integer,
          forbidden_flags => %(forbidden_flags)s::text[], now => %(now)s::timestamptz,
          after_priority => %(after_priority)s::integer, after_run_at => %(after_run_at)s::timestamptz,
          after_id => %(after_id)s::bigint, must_be_registered => %(must_be_registered)s::boolean,
          only_queues => %(only_queues)s::text[], not_queues => %(not_queues)s::text[],
          max_per_task => %(max_per_task)s::integer[], max_limited => %(max_limited)s::integer
        )""",
    # Those with jobs that failed, or were given back, and those that are tried again.
    "worker_round_in_full": """
        select
          id, task_identifier, payload, queue_name, priority, run_at, attempts, max_attempts, created_at, key, flags,
          nullif(kind, 'job'), error
        from @extschema@.worker_round(
          %(worker_id)s::text, %(completed)s::bigint[], %(failed)s::bigint[], %(error_messages)s::text[],
          %(replacement_payloads)s::text[],
          array(
            select coalesce(%(now)s::timestamptz, now()) - a.age
            from unnest(%(ages)s::interval[]) with ordinality as a (age, ordinal)
            order by a.ordinal
          ),
          %(returned)s::bigint[], %(interrupted)s::bigint[], %(interrupted_delay)s::interval,
          %(task_identifiers)s::text[], %(max_jobs)s::integer, %(forbidden_flags)s::text[],
          %(now)s::timestamptz, %(after_priority)s::integer, %(after_run_at)s::timestamptz,
          %(after_id)s::bigint, %(must_be_registered)s::boolean,
          -- Looked at where somebody has decided: seldom.
          case when %(retry_delays)s::interval[] is not null then array(
            select coalesce(%(now)s::timestamptz, now()) - d.age + d.delay
            from unnest(%(ages)s::interval[], %(retry_delays)s::interval[]) with ordinality as d (age, delay, ordinal)
            order by d.ordinal
          ) end,
          %(given_up)s::boolean[],
          case when %(snooze_delays)s::interval[] is not null then array(
            select coalesce(s.until, coalesce(%(now)s::timestamptz, now()) + s.delay)
            from unnest(%(snooze_delays)s::interval[], %(snoozed_until)s::timestamptz[]) with ordinality
              as s (delay, until, ordinal)
            order by s.ordinal
          ) end,
          %(failed_tries)s::integer, %(only_queues)s::text[], %(not_queues)s::text[], %(max_per_task)s::integer[],
          %(max_limited)s::integer
        )""",
    "resume_worker": """
        select id, outcome from @extschema@.resume_worker(%(worker_id)s::text, %(held_job_ids)s::bigint[])""",
}


class WorkerStatements(Statements):
    """The statements of a worker for one schema."""

    texts: ClassVar[Mapping[str, str]] = _STATEMENTS
