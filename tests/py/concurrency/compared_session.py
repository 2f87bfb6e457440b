"""A session of the database beside a model, whose tables are the same after every call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg

from tests.py.concurrency.model import Model

TABLES = [
    """
    select j.id, t.identifier, q.queue_name, j.payload, j.priority, j.run_at, j.attempts, j.max_attempts, j.last_error,
      j.key, j.locked_at, j.locked_by, j.revision, j.flags, j.is_available, j.job_queue_id is null
    from _private_jobs as j
    left join _private_tasks as t on t.id = j.task_id
    left join _private_job_queues as q on q.id = j.job_queue_id
    """,
    "select queue_name, locked_at, locked_by, is_available from _private_job_queues",
    "select identifier from _private_tasks",
    "select id, last_heartbeat_at from _private_workers",
]


class ComparedSession:
    """Makes calls one transaction each, and compares the tables with the model's at the end of each."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.model = Model()
        self.seen: set[int] = set()
        connection.execute(
            "delete from _private_jobs; delete from _private_job_queues; delete from _private_tasks;"
            "delete from _private_workers; delete from _private_task_policies"
        )

    @contextmanager
    def now(self) -> Iterator[datetime]:
        """A transaction of one call, with its time; the tables are compared before it is committed."""
        with self.connection.transaction():
            now = self.connection.execute("select now()").fetchone()[0]
            yield now
            self.compare_tables()

    def rows(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode(), params).fetchall()

    def ids(self, query: str, *params: Any) -> list[int]:
        return [row[0] for row in self.rows(query, *params)]

    def pick(self, numbers: list[int] | None, worker: str | None = None) -> list[int]:
        """Ids of jobs: of those that this worker holds, or anybody, and the youngest, be they there or gone.

        None: exactly what the worker holds.
        """
        held = [job.id for job in self.model.jobs.values() if job.locked_by and worker in (None, job.locked_by)]
        if numbers is None:
            return held
        offered = sorted({*held, *sorted(self.seen)[-3:]})
        return [offered[number % len(offered)] for number in numbers] if offered else [0 for _ in numbers]

    def compare_tables(self) -> None:
        model = self.model
        with self.connection.pipeline():
            cursors = [self.connection.execute(query) for query in TABLES]
            jobs, queues, tasks, workers = [cursor.fetchall() for cursor in cursors]
        found = {row[0]: row[1:] for row in jobs}
        expected = {
            job.id: (
                *(job.task, job.queue, job.payload, job.priority, job.run_at, job.attempts, job.max_attempts),
                *(job.last_error, job.key, job.locked_at, job.locked_by, job.revision, job.flags, job.is_available),
                job.queue is None,
            )
            for job in model.jobs.values()
        }
        assert found == expected
        assert sorted(queues) == sorted(
            (name, queue.locked_at, queue.locked_by, queue.locked_at is None) for name, queue in model.queues.items()
        )
        assert {name for (name,) in tasks} == model.tasks
        assert dict(workers) == model.workers
        # Whatever the model says.
        in_flight = [job.queue for job in model.jobs.values() if job.locked_by and job.queue]
        assert len(in_flight) == len(set(in_flight)), "two jobs of one queue are in flight"
