"""Several sessions at once: connections, statements that wait for each other, functions that start together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from tests import support

T = TypeVar("T")

# Nothing in these tests takes that long: whoever does hangs, and the test says so instead of hanging too.
STATEMENT_TIMEOUT = timedelta(seconds=45)


def connect(url: str, *, autocommit: bool = True) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection that finds the queue's schema without naming it."""
    timeout = int(STATEMENT_TIMEOUT.total_seconds() * 1000)
    return psycopg.connect(
        url, autocommit=autocommit, options=f"-c search_path=graphile_worker,public -c statement_timeout={timeout}"
    )


@contextmanager
def connections(url: str, count: int, *, autocommit: bool = False) -> Iterator[list[psycopg.Connection[Any]]]:
    """Connections that are closed, and their transactions rolled back, at the end of the block."""
    with ExitStack() as stack:
        opened = [connect(url, autocommit=autocommit) for _ in range(count)]
        for connection in opened:
            stack.callback(connection.close)
        yield opened


class Background:
    """A statement that runs on a connection while the test goes on.

    >>> waiting = Background(connection, "select remove_job('k')")
    >>> waiting.wait_blocked(monitor)
    >>> other.commit()
    >>> waiting.result()
    """

    def __init__(self, connection: psycopg.Connection[Any], query: str, params: Sequence[Any] | None = None) -> None:
        self.connection = connection
        self._outcome: Future[list[tuple[Any, ...]]] = Future()
        self._thread = threading.Thread(target=self._run, args=(query, params), daemon=True)
        self._thread.start()

    def _run(self, query: str, params: Sequence[Any] | None) -> None:
        try:
            self._outcome.set_result(self.connection.execute(query.encode(), params).fetchall())
        except BaseException as error:
            self._outcome.set_exception(error)

    def wait_blocked(self, monitor: psycopg.Connection[Any]) -> None:
        """Returns once the statement waits for a lock that another session holds; AssertionError if it ends instead."""
        support.wait_until(lambda: self.done or is_blocked(monitor, self.connection), what="neither blocked nor done")
        assert not self.done, f"was to wait for another session, and did not: {self._outcome}"

    @property
    def done(self) -> bool:
        """Whether the statement has ended, be it with an error."""
        return self._outcome.done()

    def result(self) -> list[tuple[Any, ...]]:
        """The rows of the statement, or the exception it raised."""
        return self._outcome.result(STATEMENT_TIMEOUT.total_seconds() + 5)


def is_blocked(monitor: psycopg.Connection[Any], connection: psycopg.Connection[Any]) -> bool:
    """Whether this session waits for a lock that another one holds."""
    query = "select cardinality(pg_blocking_pids(%s)) > 0"
    return monitor.execute(query, [connection.info.backend_pid]).fetchone()[0]


def together(functions: Iterable[Callable[[], T]]) -> list[T]:
    """Calls each function in a thread of its own, all at once; their results, or the first exception."""
    functions = list(functions)
    barrier = threading.Barrier(len(functions))

    def started(function: Callable[[], T]) -> T:
        barrier.wait()
        return function()

    with ThreadPoolExecutor(len(functions)) as pool:
        return [future.result() for future in [pool.submit(started, function) for function in functions]]


def ids(connection: psycopg.Connection[Any], query: str, params: Sequence[Any] | None = None) -> list[int]:
    """The first column of a statement's rows."""
    return [row[0] for row in connection.execute(query.encode(), params).fetchall()]


def remove_everything(url: str) -> None:
    """Empties the queue's tables; numbers begin with 1 again."""
    with connect(url) as connection:
        connection.execute(
            "truncate _private_jobs, _private_job_queues, _private_tasks, _private_workers, _private_crashes,"
            " _private_uniques, _private_limits, _private_buckets, _private_schedules, _private_known_crontabs"
            " restart identity"
        )


def alter_function(connection: psycopg.Connection[Any], name: str, old: str, new: str) -> None:
    """Replaces one piece of a function's source, which must be there exactly once: a fault made on purpose.

    One that has overloads is named with the types of its arguments.
    """
    kind = sql.SQL("regprocedure" if "(" in name else "regproc")
    query = sql.SQL("select pg_get_functiondef({}::{})").format(sql.Literal(f"graphile_worker.{name}"), kind)
    source = connection.execute(query).fetchone()[0]
    assert source.count(old) == 1, f"{name} holds this {source.count(old)} times: {old}"
    connection.execute(source.replace(old, new).encode())
