"""The connections of the plain client that was given a connection string.

Generated from async_pool.py by tools/generate_client.py; change that one.
"""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from typing import Any, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from .._basis.errors import PREPARED_STATEMENT_LOST, OutcomeUnknown, translate
from .._basis.printable import first_line
from .._calls import adding
from .._calls.call import Call
from .._wire.connections import has_news, with_defaults
from .._wire.cursors import Cursor
from .._wire.pipeline import DirectStatement
from .._wire.settings import RELIED_ON, pin, transaction

logger = logging.getLogger("graphile_worker")

T = TypeVar("T")

_KEPT_FOR = 60.0
"""Seconds; the pool itself ends connections that are too old, and needs to see them for that."""


class _PoolConnection(psycopg.Connection[Any]):
    direct: dict[str, DirectStatement]
    """The names of the statements that were sent on this connection before."""
    says_settings: bool
    """Whether each transaction has to: behind a pooler, where they are not as they should be."""


class ClientPool:
    """A pool, opened by its first call, and a connection kept out of the pool for the next call: to borrow one costs
    more than all the rest of adding a job here.
    """

    def __init__(self, conninfo: str, *, max_size: int, prepare_statements: bool) -> None:
        self._pool: ConnectionPool[_PoolConnection] = ConnectionPool(
            with_defaults(conninfo, application_name="graphile-worker client"),
            min_size=0,
            max_size=max_size,
            open=False,
            connection_class=_PoolConnection,
            configure=_configure,
            # Every call is one statement: no begin, no commit. The pool has statements of its own, too; 5 is psycopg's
            # default.
            kwargs={"autocommit": True, "prepare_threshold": 5 if prepare_statements else None},
        )
        self._is_open = False
        self._prepare = prepare_statements
        # At most one, with the instant from which on the pool gets it back. Lists, as threads may share a client: to
        # append to one and to pop from it are atomic.
        self._kept: list[tuple[_PoolConnection, float]] = []
        self._waiting: list[None] = []
        self._keeps = max_size > 1
        self._max_size = max_size

    def close(self) -> None:
        """Closes the pool; calls that are under way end first, or fail."""
        self._keeps = False
        while self._kept:
            self._pool.putconn(self._kept.pop()[0])
        self._pool.close()

    def run(self, statement: bytes, call: Call[T]) -> T:
        """Runs a call. Raises OutcomeUnknown when the connection is lost while jobs are being added."""
        try:
            return self._try(statement, call)
        except psycopg.ProgrammingError as error:
            if error.sqlstate not in PREPARED_STATEMENT_LOST or not self._prepare:
                raise
            # It has certainly done nothing.
            self._prepare = False
            logger.warning("goes on without prepared statements: %s", translate(error))
            return self._try(statement, call)

    def _try(self, statement: bytes, call: Call[T]) -> T:
        connection, until = self._take()
        try:
            if call.statement in adding.ADDING_ONE and not connection.says_settings:
                direct = connection.direct.get(call.statement)
                if direct is None or direct.may_prepare is not self._prepare:
                    direct = DirectStatement(connection, statement, prepare=self._prepare)
                    connection.direct[call.statement] = direct
                return call.result(connection.wait(direct.fetch(call.params)))
            cursor = Cursor(connection, row_factory=call.row_factory)
            with transaction(connection) if connection.says_settings else nullcontext():
                cursor.execute(statement, call.params, prepare=None if self._prepare else False)
                return call.result(cursor.fetchall())
        except psycopg.OperationalError as error:
            if connection.closed and call.statement in adding.ADDING:
                raise OutcomeUnknown(
                    f"the connection was lost while jobs were being added: {first_line(error)}",
                    hint="Whether they were added is unknown. With a job_key a call can be repeated",
                ) from error
            raise
        finally:
            self._give_back(connection, until)

    def _take(self) -> tuple[_PoolConnection, float]:
        if self._kept and (kept := self._take_kept()):
            return kept
        # Whoever keeps a connection from now on looks here, and here is looked once more in case it was just before.
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
        return connection, time.monotonic() + _KEPT_FOR

    def _borrow(self) -> _PoolConnection:
        """Borrows a connection that is alive. The pool's own check waits, and longer each time, before it tries the
        next connection; when the server has restarted they are all dead.
        """
        for _ in range(self._max_size):
            connection = self._pool.getconn()
            if _is_alive(connection):
                return connection
            self._pool.putconn(connection)
        return self._pool.getconn()

    def _take_kept(self) -> tuple[_PoolConnection, float] | None:
        try:
            connection, until = self._kept.pop()
        except IndexError:
            return None
        if time.monotonic() < until and not has_news(connection):
            return connection, until
        self._pool.putconn(connection)
        return None

    def _give_back(self, connection: _PoolConnection, until: float) -> None:
        status = connection.pgconn.transaction_status
        if status == TransactionStatus.ACTIVE:
            # Cut off in the middle of a call: of no use to anybody.
            connection.close()
        is_idle = status == TransactionStatus.IDLE
        if not self._keeps or self._kept or not is_idle:
            self._pool.putconn(connection)
            return
        self._kept.append((connection, until))
        if self._waiting or not self._keeps:
            try:
                connection, _ = self._kept.pop()
            except IndexError:
                return
            self._pool.putconn(connection)


def _configure(connection: _PoolConnection) -> None:
    session = pin(connection, RELIED_ON)
    connection.says_settings = bool(session.local)
    connection.direct = {}


def _is_alive(connection: psycopg.Connection[Any]) -> bool:
    """Tells whether a connection is alive; asks the server only when there is reason to doubt it."""
    if has_news(connection):
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.Error:
            return False
    return True
