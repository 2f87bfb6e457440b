"""A million jobs in one go, and two hundred programs that add jobs at the same time."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from ._contenders import Contender
from ._floor import pgbench
from ._measure import wait_for_first
from ._process import DriverError
from ._server import Server

_PATIENCE = 600.0
_ADD = """select graphile_worker.add_job('noop', '{"id": 1}');"""


def long_drain(server: Server, contender: Contender, jobs: int) -> dict[str, float]:
    """Returns jobs per second over all, over the first and over the last tenth of them, as the handlers saw them."""
    url = server.fresh_database()
    contender.driver.call("setup", url)
    contender.driver.call("bulk", url, jobs)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("analyze")
        connection.execute("checkpoint")
    worker = contender.driver.start_worker(url, jobs)
    try:
        deadline = time.monotonic() + _PATIENCE
        wait_for_first([worker], deadline)
        while worker.count < jobs:
            if not worker.runs or time.monotonic() > deadline:
                raise DriverError(f"{worker.count} of {jobs} jobs were handled: {worker.last_words}")
            time.sleep(0.02)
    finally:
        worker.stop()
    assert worker.first is not None
    progress = [(worker.first, 0), *worker.progress]
    tenth = jobs // 10
    ended_at = _instant(progress, jobs)
    return {
        "rate": jobs / ((ended_at - worker.first) / 1e9),
        "first_tenth": tenth / ((_instant(progress, tenth) - worker.first) / 1e9),
        "last_tenth": tenth / ((ended_at - _instant(progress, jobs - tenth)) / 1e9),
    }


def _instant(progress: list[tuple[int, int]], count: int) -> float:
    """Returns when so many jobs had been handled, in ns: between two reports in proportion.

    >>> _instant([(0, 0), (10, 100), (20, 300)], 200)
    15.0
    """
    position = bisect_left(progress, count, key=lambda each: each[1])
    (earlier, below), (later, above) = progress[position - 1], progress[position]
    return earlier + (later - earlier) * (count - below) / (above - below)


def enqueuers(
    server: Server,
    contender: Contender,
    clients: int,
    seconds: int,
    *,
    silent: bool = False,
    setting: str | None = None,
) -> float:
    """Returns jobs per second that so many clients add together, one add_job a transaction, while a session listens.

    `silent`: with all notifications taken out of the functions. `setting`: NAME=VALUE, for the database.
    """
    url = server.fresh_database()
    contender.driver.call("setup", url)
    with psycopg.connect(url, autocommit=True) as connection:
        if silent:
            _silence(connection)
        if setting:
            name, _, value = setting.partition("=")
            statement = "select format('alter database %%I set %%s = %%L', current_database(), %s::text, %s::text)"
            row = connection.execute(statement, (name, value)).fetchone()
            assert row is not None
            connection.execute(row[0].encode())
    with _listener(url):
        return pgbench(server, url, _ADD, clients, seconds=seconds)


def _silence(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Replaces the functions by ones that notify nobody."""
    connection.execute("create function public.notify_nobody(text, text) returns void language sql return null")
    rows = connection.execute("""
        select replace(pg_get_functiondef(p.oid), 'pg_notify(', 'public.notify_nobody(')
        from pg_proc as p
        where p.pronamespace = 'graphile_worker'::regnamespace and p.prosrc like '%pg_notify(%'""").fetchall()
    if not rows:
        raise DriverError("found no function that notifies")
    for (definition,) in rows:
        connection.execute(str(definition).encode())


@contextmanager
def _listener(url: str) -> Iterator[None]:
    """Keeps a session that listens as a worker does."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute('listen "jobs:insert"')
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                for _ in connection.notifies(timeout=0.5):
                    pass

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
