"""Reports, with millions of rows in the table, and a cleanup beside a worker."""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psycopg
import uvicorn

from graphile_worker import Client, TaskRegistry, Worker, migrate
from graphile_worker.admin import NoAuth, create_app

from ._server import Server

_STATES = ("all", "ready", "scheduled", "locked", "failed")
_ADMIN_FRESH = 4.5
"""Seconds after which the admin page asks the database anew."""
_LOAD = """
    insert into graphile_worker._private_jobs (task_id, payload, run_at, attempts, last_error, updated_at)
    select
      t.id,
      json_build_object('id', n),
      now() + case when kind = 2 then interval '1 day' else interval '-1 hour' end,
      case when kind = 0 then 25 else 0 end,
      case when kind = 0 then 'timed out' end,
      now() - n * interval '1 second'
    from (select n, n %% 5 as kind from generate_series(%(low)s::bigint, %(high)s::bigint) as n (n)) as j
    inner join graphile_worker._private_tasks as t on t.identifier = case when kind = 1 then 'noop' else 'other' end"""


@dataclass(frozen=True)
class Sizes:
    """Rows in the table, a fifth of which have failed; how often each look is taken; seconds of a pace."""

    rows: int = 5_000_000
    looks: int = 30
    seconds: float = 15.0


QUICK = Sizes(rows=50_000, looks=5, seconds=0.1)


class Pace:
    """A worker that runs for as long as the block does, and how many jobs its handler has seen."""

    def __init__(self, url: str) -> None:
        self.count = 0
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        tasks = TaskRegistry()

        async def noop(_payload: dict[str, int]) -> None:
            self.count += 1

        tasks.add(noop, "noop")
        self._worker = Worker(self._url, tasks, concurrency=10)
        self._loop.run_until_complete(self._worker.run())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._worker.stop)
        self._thread.join(30)

    def during(self, action: Callable[[], object]) -> tuple[float, float]:
        """Returns jobs per second while the action lasts, and how many seconds that is."""
        count, began = self.count, time.monotonic()
        action()
        took = time.monotonic() - began
        return (self.count - count) / took, took


def measure(server: Server, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measures all operations once; returns milliseconds (median, minimum, maximum), jobs per second."""
    sizes = QUICK if arguments.quick else Sizes()
    url = server.fresh_database()
    migrate(url)
    took = _seconds(lambda: _load(url, sizes.rows))
    print(f"{sizes.rows:,} rows loaded in {took:.0f} s", flush=True)
    found: dict[str, Any] = {"rows": sizes.rows, "server": server.version, "ms": {}}

    def look(name: str, action: Callable[[], object], pause: float = 0) -> None:
        found["ms"][name] = _milliseconds(action, 10 if pause else sizes.looks, pause)
        median, low, high = found["ms"][name]
        print(f"{name:<32} {median:8.1f} ms   ({low:.1f} to {high:.1f})", flush=True)

    with Client(url, max_pool_size=1) as client:
        look("stats", client.stats)
        for state in _STATES:
            look(f"list_jobs, {state}", lambda state=state: client.list_jobs(state=state))  # type: ignore[misc]
        look("list_jobs, search of 50,000 rows", lambda: client.list_jobs(search="no such text"))
        with _admin(url) as address:
            pause = 0 if arguments.quick else _ADMIN_FRESH
            for path in ("api/overview", "api/jobs", "api/jobs?state=failed"):
                look(f"admin, {path}", lambda path=path: _get(address + path), pause)  # type: ignore[misc]
        with Pace(url) as pace:
            _wait_for_first(pace)
            before, _ = pace.during(lambda: time.sleep(sizes.seconds))
            during, took = pace.during(lambda: _cleanup(client))
            after, _ = pace.during(lambda: time.sleep(sizes.seconds))
    found["cleanup"] = {"rows": sizes.rows // 5, "seconds": took, "before": before, "during": during, "after": after}
    print(f"cleanup of {sizes.rows // 5:,} failed jobs: {took:.1f} s")
    print(f"jobs per second of a worker beside it: before {before:.0f}, during {during:.0f}, after {after:.0f}")
    return found


def save(found: dict[str, Any], out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=2) + "\n")


def _load(url: str, rows: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("insert into graphile_worker._private_tasks (identifier) values ('noop'), ('other')")
        for low in range(1, rows + 1, 500_000):
            connection.execute(_LOAD, {"low": low, "high": min(low + 499_999, rows)})
        connection.execute("vacuum (analyze) graphile_worker._private_jobs")
        connection.execute("checkpoint")


def _cleanup(client: Client) -> None:
    """Cleans up as the command does: in chunks."""
    name, chunk = "delete_permanently_failed_jobs", 10_000
    while client.cleanup([name], max_rows=chunk)[name] >= chunk:
        pass


def _wait_for_first(pace: Pace) -> None:
    deadline = time.monotonic() + 60
    while not pace.count:
        if time.monotonic() > deadline:
            raise RuntimeError("the worker ran no job within a minute")
        time.sleep(0.01)


@contextmanager
def _admin(url: str) -> Iterator[str]:
    """Yields the address of the admin page, served as an application would."""
    app = create_app(url, auth=NoAuth())
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        thread.join(30)


def _get(address: str) -> None:
    with urllib.request.urlopen(address, timeout=60) as response:
        response.read()


def _seconds(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


def _milliseconds(action: Callable[[], object], looks: int, pause: float) -> tuple[float, float, float]:
    action()
    took = []
    for _ in range(looks):
        time.sleep(pause)
        took.append(_seconds(action) * 1000)
    return statistics.median(took), min(took), max(took)
