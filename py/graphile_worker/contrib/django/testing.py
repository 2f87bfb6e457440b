"""For tests of a Django project: what its views have added is run, within the transaction of a TestCase, too.

    from graphile_worker.contrib.django.testing import drain

The databases that Django's test runner makes, and pytest-django, have the queue in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connections
from psycopg import Connection
from psycopg.pq import TransactionStatus

from ..._hooks.hooks import Hooks, Plugin
from ..._schema import migrate
from ..._tasks.registry import TaskRegistry
from ...testing import plain
from ...testing.plain import Drained
from .._driver import checked
from .clients import client_for
from .configuration import configured, database_address
from .handlers import Lent, lent, worker_tasks

__all__ = ["Drained", "drain", "set_up"]


def drain(
    tasks: TaskRegistry | None = None,
    *,
    now: datetime | None = None,
    state: Mapping[str, Any] | None = None,
    hooks: Hooks | None = None,
    plugins: Iterable[Plugin] = (),
    max_jobs: int = 1000,
) -> Drained:
    """Runs what is due in the queue of the project, what that adds included, and returns what became of it:
    `graphile_worker.testing.drain`. `tasks`: by default those of all installed apps.

    In a TestCase the jobs are in its transaction, and so is what handlers do by Django: each works on the connection of
    the test, and all of it is rolled back in the end. Otherwise, in a TransactionTestCase, each job is committed.
    From an async test: `await sync_to_async(drain)()`.

    >>> self.client.post("/pay")  # doctest: +SKIP
    >>> self.assertEqual(drain().check().identifiers, ["send_invoice"])  # doctest: +SKIP
    """
    given = configured()
    found = worker_tasks(tasks)
    options: dict[str, Any] = {"now": now, "state": state, "hooks": hooks, "plugins": plugins, "max_jobs": max_jobs}
    connection = connections[given.database]
    target: str | Connection[Any] = database_address()
    lending: Lent = _Own()
    if connection.in_atomic_block:
        connection.ensure_connection()
        target = checked(connection.connection, Connection, whose="Django's", remedy="Django takes psycopg 3")
        lending = _Lent(connection)

    def run() -> Drained:
        lent.set(lending)
        return plain.drain(target, found, schema=given.schema, **options)

    # In a context of its own: in that of an async test sync_to_async waits for this thread, which waits for the jobs.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()


class _Own:
    @contextmanager
    def here(self) -> Iterator[None]:
        """Ends the connections of this thread, whatever CONN_MAX_AGE is: a database in use can't be removed."""
        try:
            yield
        finally:
            connections.close_all()


class _Lent:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @contextmanager
    def here(self) -> Iterator[None]:
        """Makes the test's connection Django's own in this thread."""
        connection, alias = self._connection, self._connection.alias
        connection.inc_thread_sharing()
        connections[alias] = connection
        needs_rollback = connection.needs_rollback
        try:
            yield
        finally:
            # To a savepoint of `drain`, which knows nothing of Django's.
            if connection.connection.info.transaction_status == TransactionStatus.INERROR:
                connection.needs_rollback = needs_rollback
            del connections[alias]
            connection.dec_thread_sharing()


def set_up(using: str, *, is_flush: bool) -> None:
    """Puts the queue into a database of tests, after `migrate`, and leaves no jobs of other tests in it: after a
    `flush`, as at the end of a TransactionTestCase, and in a database that was kept. Does nothing for a database that
    is not the queue's.
    """
    given = configured()
    if using != given.database or connections[using].vendor != "postgresql":
        return
    if not is_flush:
        migrate(database_address(using), schema=given.schema)
    client_for(using).remove_matching_jobs(state="all")
