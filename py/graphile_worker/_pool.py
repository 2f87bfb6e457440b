"""The connections of the plain client that was given a connection string.

Generated from _async_pool.py by tools/generate_client.py; change that one.
"""

from __future__ import annotations

import time
from typing import Any, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from . import _calls as calls
from ._connect import has_news, with_defaults
from ._errors import OutcomeUnknown
from ._loaders import load_any
from ._printable import first_line

T = TypeVar("T")

_KEPT_FOR = 60.0
"""Seconds; the pool itself ends connections that are too old, and needs to see them for that."""


class ClientPool:
    """A pool, opened by its first call, and a cursor kept out of it for the next call: it knows the types already, and
    borrowing a connection costs more than all the rest of adding a job here.
    """

    def __init__(self, conninfo: str, *, max_size: int, prepare_statements: bool) -> None:
        self._pool = ConnectionPool(
            with_defaults(conninfo, application_name="graphile-worker client"),
            min_size=0,
            max_size=max_size,
            open=False,
            configure=_configure,
            # Every call is one statement: no begin, no commit. The pool has statements of its own, too; 5 is psycopg's
            # default.
            kwargs={"autocommit": True, "prepare_threshold": 5 if prepare_statements else None},
        )
        self._is_open = False
        # At most one, with the instant from which on the pool gets it back. Lists, as threads may share a client: to
        # append to one and to pop from it are atomic.
        self._kept: list[tuple[psycopg.Cursor[Any], float]] = []
        self._waiting: list[None] = []
        self._keeps = max_size > 1
        self._max_size = max_size

    def close(self) -> None:
        """Closes the pool; calls that are under way end first, or fail."""
        self._keeps = False
        while self._kept:
            self._pool.putconn(self._kept.pop()[0].connection)
        self._pool.close()

    def run(self, statement: bytes, call: calls.Call[T], prepare: bool | None) -> T:
        """Raises OutcomeUnknown when the connection is lost while jobs are being added."""
        cursor, until = self._take()
        try:
            cursor.row_factory = call.row_factory
            cursor.execute(statement, call.params, prepare=prepare)
            result = call.result(cursor.fetchall())
            if call.statement not in calls.ADDING_ONE:
                # The old one holds on to what it has fetched.
                cursor = cursor.connection.cursor(binary=True)
            return result
        except psycopg.OperationalError as error:
            if cursor.connection.closed and call.statement in calls.ADDING:
                raise OutcomeUnknown(
                    f"the connection was lost while jobs were being added: {first_line(error)}",
                    hint="Whether they were added is unknown. With a job_key a call can be repeated",
                ) from error
            raise
        finally:
            self._give_back(cursor, until)

    def _take(self) -> tuple[psycopg.Cursor[Any], float]:
        if self._kept and (kept := self._take_kept()):
            return kept
        # Whoever keeps a cursor from now on looks here, and here is looked once more in case it was just before.
        self._waiting.append(None)
        try:
            if self._kept and (kept := self._take_kept()):
                return kept
            if not self._is_open:
                self._pool.open()
                self._is_open = True
            connection = self._borrow()
        finally:
            self._waiting.pop()
        # Binary: no setting of the database for dates can come in between.
        return connection.cursor(binary=True), time.monotonic() + _KEPT_FOR

    def _borrow(self) -> psycopg.Connection[Any]:
        """One that is alive. The pool's own check waits, and longer each time, before it tries the next one; when the
        server has restarted they are all dead.
        """
        for _ in range(self._max_size):
            connection = self._pool.getconn()
            if _is_alive(connection):
                return connection
            self._pool.putconn(connection)
        return self._pool.getconn()

    def _take_kept(self) -> tuple[psycopg.Cursor[Any], float] | None:
        try:
            cursor, until = self._kept.pop()
        except IndexError:
            return None
        if time.monotonic() < until and not has_news(cursor.connection):
            return cursor, until
        self._pool.putconn(cursor.connection)
        return None

    def _give_back(self, cursor: psycopg.Cursor[Any], until: float) -> None:
        connection = cursor.connection
        status = connection.pgconn.transaction_status
        if status == TransactionStatus.ACTIVE:
            # Cut off in the middle of a call: of no use to anybody.
            connection.close()
        is_idle = status == TransactionStatus.IDLE
        if not self._keeps or self._kept or not is_idle:
            self._pool.putconn(connection)
            return
        self._kept.append((cursor, until))
        if self._waiting or not self._keeps:
            try:
                cursor, _ = self._kept.pop()
            except IndexError:
                return
            self._pool.putconn(cursor.connection)


def _configure(connection: psycopg.Connection[Any]) -> None:
    load_any(connection)


def _is_alive(connection: psycopg.Connection[Any]) -> bool:
    """Asks the server only when there is reason to doubt that it is there."""
    if has_news(connection):
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.Error:
            return False
    return True
