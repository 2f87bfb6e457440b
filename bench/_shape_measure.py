"""One shape: loaded, drained, and polled when nothing is left to claim."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import psycopg

from ._contenders import Contender
from ._measure import wait_for_first
from ._process import DriverError, WorkerProcess
from ._server import Server
from ._shapes import FINISH_QUEUES, TASKS, Shape

Connection = psycopg.Connection[Any]

_PATIENCE = 300.0
_CALLS = 30
_SETTLE = 1.5
"""Seconds until an idle worker's first statistics have arrived: backends report once a second."""
_POLLED = 2.0
"""Seconds over which polls are averaged."""

_POLL = """
    explain (analyze, timing off, summary on, format json)
    select * from graphile_worker.get_jobs('bench', '{{noop,held}}', 10{})"""
# The outermost of the functions that a poll calls.
_FUNCTION_TIME = """
    select calls, total_time from pg_stat_user_functions
    where schemaname = 'graphile_worker' and funcname = 'worker_round'"""


def measure_shape(
    server: Server, contender: Contender, shape: Shape, jobs: int, scale: float, *, with_polls: bool = True
) -> dict[str, float]:
    """Measures rate: jobs per second; poll_ms: database time of an idle worker's poll; call_ms: one after a commit."""
    url = server.fresh_database()
    contender.driver.call("setup", url)
    with psycopg.connect(url, autocommit=True) as connection, _pin(url, enabled=shape.pinned):
        connection.execute(TASKS)
        for statement in shape.obstacle_statements(scale):
            connection.execute(statement.encode())
        connection.execute("vacuum analyze")
        row = connection.execute(shape.ready_statement().encode(), (jobs,)).fetchone()
        assert row is not None
        connection.execute("analyze")
        connection.execute("checkpoint")
        worker = contender.driver.start_worker(url, jobs, mixed=True, **shape.options)
        try:
            rate = _drain(connection, worker, (row[0], row[1]), jobs, counts_all=shape.counts_all)
        finally:
            worker.stop()
        if not with_polls:
            return {"rate": rate}
        if not shape.options:
            connection.execute(FINISH_QUEUES)
        poll_ms = _worker_poll(connection, contender, url, shape)
        return {"rate": rate, "poll_ms": poll_ms, "call_ms": _plain_call(connection, shape)}


@contextmanager
def _pin(url: str, *, enabled: bool) -> Iterator[None]:
    """Keeps an idle transaction whose snapshot keeps every row version that is there from now on."""
    if not enabled:
        yield
        return
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("select count(*) from graphile_worker._private_tasks")
        yield
        connection.rollback()


def _drain(
    connection: Connection, worker: WorkerProcess, ids: tuple[int, int], jobs: int, *, counts_all: bool
) -> float:
    deadline = time.monotonic() + _PATIENCE

    def check() -> None:
        if not worker.runs or time.monotonic() > deadline:
            raise DriverError(f"{worker.count} of {jobs} jobs were handled: {worker.last_words}")

    wait_for_first([worker], deadline)
    while worker.count < jobs:
        check()
        time.sleep(0.005)
    # By their ids, not to count what else lies there.
    while True:
        ended_at = time.monotonic_ns()
        left = connection.execute(
            "select exists (select from graphile_worker._private_jobs where id between %s and %s)", ids
        ).fetchone()
        if left == (False,):
            break
        check()
        time.sleep(0.002)
    assert worker.first is not None
    handled = worker.count + (worker.others if counts_all else 0)
    return handled / ((ended_at - worker.first) / 1e9)


def _worker_poll(connection: Connection, contender: Contender, url: str, shape: Shape) -> float:
    """Returns milliseconds in the database of a poll by a worker that has nothing to do, averaged."""
    connection.execute(f"alter database {connection.info.dbname} set track_functions = 'pl'".encode())
    polls = {"poll_interval": "10ms", "use_notifications": False}
    worker = contender.driver.start_worker(url, 0, mixed=True, **polls, **shape.options)
    try:
        time.sleep(_SETTLE)
        before = _function_time(connection)
        time.sleep(_POLLED)
    finally:
        worker.stop()
    if worker.count or worker.others:
        raise DriverError("a worker that was to be idle found jobs")
    # The last report comes with the end of the backend, which the worker does not wait for.
    time.sleep(0.2)
    after = _function_time(connection)
    if after[0] <= before[0]:
        raise DriverError(f"no polls were counted: {worker.last_words}")
    return (after[1] - before[1]) / (after[0] - before[0])


def _function_time(connection: Connection) -> tuple[int, float]:
    row = connection.execute(_FUNCTION_TIME).fetchone()
    return (row[0], row[1]) if row else (0, 0.0)


def _plain_call(connection: Connection, shape: Shape) -> float:
    """Returns milliseconds in the database of get_jobs, finding nothing after something was committed; the median."""
    times: list[float] = []
    for _ in range(_CALLS):
        connection.execute("select txid_current()")
        row = connection.execute(_POLL.format(shape.arguments).encode()).fetchone()
        assert row is not None
        times.append(row[0][0]["Execution Time"])
        if sum(times) > 20_000:
            break
    return median(times)
