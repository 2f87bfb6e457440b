"""The connections of the plain client that was given a connection string.

Generated from async_pool.py by tools/generate_client.py; change that one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
from psycopg import capabilities
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import QueryCanceled
from psycopg.pq import TransactionStatus
from psycopg_pool import PoolClosed

from .._basis.arguments import duration, refuse
from .._basis.backoff import Backoff
from .._basis.errors import PREPARED_STATEMENT_LOST, OutcomeUnknown, TimedOut, require, translate
from .._basis.log import logger
from .._basis.printable import first_line
from .._calls import adding
from .._calls.call import Call
from .._wire.conninfo import with_defaults
from .._wire.cursors import Cursor
from .._wire.deadline import INTERRUPTIONS, Overdue, closed_if_interrupted, has_news
from .._wire.forks import abandon, anew_in_children
from .._wire.permits import Permits
from .._wire.pinning import pin, transaction
from .._wire.prepared import DirectStatement
from .._wire.wait import wait_until

T = TypeVar("T")

_REPLACED_AFTER = 3600.0
"""Seconds that a connection is used: where a name leads to another server by now, or a role has other settings."""
_SPARE_FOR = 60.0
"""Seconds after which an idle connection is closed, when others are idle, too."""
_GRACE = 2.0
"""Seconds that the server has to cancel a call, and then to say so."""
_UNKNOWN = "Whether they were added is unknown. With a job_key a call can be repeated"


class _PoolConnection(psycopg.Connection[Any]):
    direct: dict[str, DirectStatement]
    """The names of the statements that were sent on this connection before."""
    says_settings: bool
    """Whether each transaction has to: behind a pooler, where they are not as they should be."""
    replace_at: float
    idle_since: float
    deadline = math.inf
    """Of the call that is under way."""
    was_cancelled = False
    """Whether the server was asked to: the request may still come through, and would hit the next call."""

    def wait(self, gen: PQGen[T], *_args: Any, **_kwargs: Any) -> T:
        """Waits for an answer. Raises Overdue when none comes by the deadline, nor to a request to cancel."""
        try:
            return wait_until(gen, self, self.deadline)
        except (Overdue, *INTERRUPTIONS) as reason:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            is_overdue = isinstance(reason, Overdue)
            self.was_cancelled = True
            # Older ones than libpq 17 would wait for a frozen server for ever.
            if capabilities.has_cancel_safe() or not is_overdue:
                with suppress(psycopg.Error):
                    self.cancel_safe(timeout=_GRACE)
            try:
                result = wait_until(gen, self, time.monotonic() + _GRACE, 0)
            except (Overdue, psycopg.Error) as error:
                if isinstance(error, Overdue):
                    # Nobody is to wait for the end of a transaction on it either.
                    self.close()
                raise (error if is_overdue else reason) from None
            if is_overdue:
                return result
            raise


def _manners(connection: psycopg.Connection[Any]) -> tuple[Any, ...]:
    """Returns how a connection behaves, as far as that is not a matter of its session."""
    return (
        *(connection.autocommit, connection.isolation_level, connection.read_only, connection.deferrable),
        *(connection.row_factory, connection.cursor_factory, connection.prepare_threshold),
    )


class ClientPool:
    """Connections, opened by the call that needs one and kept for the next.

    No threads and no tasks of its own: who asks for a connection that is not to be had learns the reason at once. With
    `is_patient` a call goes on trying as long as its `timeout` lets it, once there was a connection.
    """

    def __init__(
        self, conninfo: str, *, max_size: int, prepare_statements: bool, timeout: timedelta | None, is_patient: bool
    ) -> None:
        if timeout is not None and duration(timeout, "timeout") <= timedelta(0):
            refuse("timeout", timeout, "It is a timedelta of more than nothing, or None for no end")
        self._given = conninfo
        self._conninfo = with_defaults(conninfo, application_name="graphile-worker client")
        connect_timeout = str(conninfo_to_dict(self._conninfo)["connect_timeout"])
        require(connect_timeout.lstrip("-").isdecimal(), "connect_timeout", connect_timeout, "a number of seconds")
        # Zero and less are no limit.
        self._connect_timeout = max(int(connect_timeout), 0)
        self._prepare = prepare_statements
        self._max_size = max_size
        self._timeout = timeout.total_seconds() if timeout is not None else None
        self._is_patient = is_patient
        self._was_connected = False
        self._closed: list[None] = []
        """Something in it once this pool is closed, by whichever thread."""
        # The last one in is the first one out. A list, as threads may share a client: its methods are atomic.
        self._idle: list[_PoolConnection] = []
        self._permits = Permits(max_size)
        self._lent: ClientPool | None = None
        """Whence connections are lent: no call waits for who keeps one, nor finds what somebody has set on it."""
        anew_in_children(self)

    def start_anew(self) -> None:
        """Starts anew in a forked child: what is open is the parent's, and who holds a permit has stayed there."""
        idle, self._idle = self._idle, []
        self._permits = Permits(self._max_size)
        abandon(idle)

    def close(self) -> None:
        """Closes what is idle; a call that is under way ends first, and closes its connection."""
        self._closed.append(None)
        while self._idle:
            with suppress(IndexError):
                self._idle.pop().close()
        if self._lent is not None:
            self._lent.close()

    @contextmanager
    def lend(self) -> Iterator[psycopg.Connection[Any]]:
        """Lends a connection for the time of the block; at most `max_size` are lent. Raises TimedOut without one."""
        if self._lent is None:
            self._lent = ClientPool(
                with_defaults(self._given, application_name="graphile-worker handler"),
                max_size=self._max_size,
                prepare_statements=self._prepare,
                timeout=None if self._timeout is None else timedelta(seconds=self._timeout),
                is_patient=self._is_patient,
            )
        pool = self._lent
        connection = pool._take()  # noqa: SLF001
        connection.deadline = math.inf
        before = _manners(connection)
        try:
            yield connection
        finally:
            if _manners(connection) != before:
                # The next handler counts on autocommit, and on rows that are tuples.
                connection.close()
            pool._give_back(connection)  # noqa: SLF001

    def run(self, statement: bytes, call: Call[T]) -> T:
        """Runs a call. Raises TimedOut; OutcomeUnknown when the connection is lost, or silent, while jobs are added."""
        prepares = self._prepare
        try:
            return self._try(statement, call)
        except psycopg.ProgrammingError as error:
            if error.sqlstate not in PREPARED_STATEMENT_LOST or not prepares:
                raise
            # It has certainly done nothing. Other calls may have found out meanwhile.
            if self._prepare:
                self._prepare = False
                logger.warning("goes on without prepared statements: %s", translate(error))
            return self._try(statement, call)

    def _try(self, statement: bytes, call: Call[T]) -> T:
        connection = self._take()
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
        except Overdue:
            raise self._without_answer(call.statement) from None
        except psycopg.OperationalError as error:
            if isinstance(error, QueryCanceled) and connection.was_cancelled:
                raise TimedOut(
                    f"the call was not done within {self._timeout:g} s, and was cancelled",
                    hint="Nothing was done. Another transaction may be in the way; give it more time with timeout",
                ) from error
            if connection.closed and call.statement in adding.ADDING:
                raise OutcomeUnknown(
                    f"the connection was lost while jobs were being added: {first_line(error)}", hint=_UNKNOWN
                ) from error
            raise
        finally:
            self._give_back(connection)

    def _take(self) -> _PoolConnection:
        now = time.monotonic()
        if not self._permits.take(self._timeout):
            raise TimedOut(
                f"no connection was free for {self._timeout:g} s: all {self._max_size} of this client are in use",
                hint="Nothing was done. Give it more with max_pool_size, or more time with timeout",
            )
        try:
            deadline = now + self._timeout if self._timeout is not None else math.inf
            return self._take_idle(deadline) or self._connect(deadline)
        except BaseException as error:
            self._permits.give()
            if isinstance(error, Overdue):
                raise TimedOut(f"no answer of the database for {self._timeout:g} s", hint="Nothing was done") from None
            raise

    def _take_idle(self, deadline: float) -> _PoolConnection | None:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            if time.monotonic() < connection.replace_at and not has_news(connection):
                connection.deadline = deadline
                return connection
            connection.close()
        return None

    def _connect(self, deadline: float) -> _PoolConnection:
        if self._closed:
            raise PoolClosed("this client is closed")
        backoff = Backoff()
        while True:
            try:
                with closed_if_interrupted():
                    connection = _PoolConnection.connect(
                        self._conninfo,
                        # Every call is one statement: no begin, no commit. 5 is psycopg's default.
                        autocommit=True,
                        prepare_threshold=5 if self._prepare else None,
                        connect_timeout=self._seconds_to_connect(deadline),
                    )
                break
            except psycopg.OperationalError:
                pause = backoff.next()
                if not (self._is_patient and self._was_connected) or time.monotonic() + pause > deadline:
                    raise
            time.sleep(pause)
        self._was_connected = True
        connection.deadline = deadline
        connection.replace_at = time.monotonic() + _REPLACED_AFTER
        try:
            session = pin(connection)
        except BaseException:
            connection.close()
            raise
        connection.says_settings = bool(session.local)
        connection.direct = {}
        return connection

    def _seconds_to_connect(self, deadline: float) -> int:
        """Returns what the connection string says, or what is left of the call's time if that is less."""
        if deadline == math.inf:
            return self._connect_timeout
        left = max(math.ceil(deadline - time.monotonic()), 1)
        return min(self._connect_timeout or left, left)

    def _give_back(self, connection: _PoolConnection) -> None:
        try:
            is_idle = connection.pgconn.transaction_status == TransactionStatus.IDLE
            if self._closed or connection.was_cancelled or not is_idle:
                connection.close()
                return
            now = connection.idle_since = time.monotonic()
            self._idle.append(connection)
            try:
                if now - self._idle[0].idle_since > _SPARE_FOR:
                    self._idle.pop(0).close()
                if self._closed:
                    self._idle.pop().close()
            except IndexError:
                # Taken by another thread meanwhile.
                pass
        finally:
            self._permits.give()

    def _without_answer(self, statement: str) -> TimedOut | OutcomeUnknown:
        message = f"no answer of the database for {self._timeout:g} s"
        if statement in adding.ADDING:
            return OutcomeUnknown(f"{message} while jobs were being added", hint=_UNKNOWN)
        return TimedOut(message, hint="The connection was closed; whether the call is still carried out is unknown")
