"""What is measured of every queue in the same way: adding one by one, in bulk, draining, latency."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import quantiles
from typing import Any

import psycopg

from ._contenders import Contender
from ._process import CpuMeter, DriverError, WorkerProcess
from ._server import Server

_PATIENCE = 300.0
"""Seconds after which a drain is given up."""


@dataclass(frozen=True)
class Drained:
    """A drain from the first handler call to the last job gone."""

    jobs: int
    """That are gone."""
    rate: float
    """Jobs per second."""
    worker_cpu: float | None
    server_cpu: float | None
    """Percent of one processor."""
    cpu_per_1000: float | None = None
    """Processor seconds of workers and server together for 1,000 jobs."""


@dataclass(frozen=True)
class Latency:
    """How long single jobs wait in an idle worker."""

    milliseconds: dict[str, float]
    """p50, p95, p99."""
    cpu_per_1000: float | None
    """Processor seconds of adder, worker and server together for 1,000 jobs."""


def add_one_by_one(server: Server, contender: Contender, jobs: int) -> float:
    """Returns jobs added per second by one client that awaits each call."""
    return jobs / _seconds(contender.driver.call("enqueue", prepared_url(server, contender), jobs))


def add_in_bulk(server: Server, contender: Contender, jobs: int) -> float:
    """Returns jobs added per second through the bulk call."""
    return jobs / _seconds(contender.driver.call("bulk", prepared_url(server, contender), jobs))


def drain(
    server: Server, contender: Contender, jobs: int, processes: int = 1, *, at_most: float | None = None
) -> Drained:
    """Returns jobs per second from the first handler call until SQL counts none pending.

    Raises DriverError when jobs are left, or were handled more than once: no rate counts then. With `at_most`, a drain
    that takes more seconds ends there, and the jobs gone until then count.
    """
    url = prepared_url(server, contender)
    contender.driver.call("bulk", url, jobs)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("analyze")
        connection.execute("checkpoint")
        # From before the workers: the news that one has begun may come when much is done already.
        of_server = server_meter(server)
        workers = [contender.driver.start_worker(url, jobs) for _ in range(processes)]
        try:
            drained = _watch(server, connection, contender.pending, workers, jobs, at_most)
            cpu = cpu_per_1000(drained.jobs, of_server.seconds(), *(worker.cpu for worker in workers))
            return replace(drained, cpu_per_1000=cpu)
        finally:
            for worker in workers:
                worker.stop()


def latency(server: Server, contender: Contender, jobs: int, settle: float = 3.0) -> Latency:
    """Returns the times from the call that adds a job to its handler, in a worker idle for `settle` seconds."""
    url = prepared_url(server, contender)
    worker = contender.driver.start_worker(url, jobs, latency=True)
    try:
        time.sleep(settle)
        of_worker, of_server = CpuMeter([worker.process.pid]), server_meter(server)
        said = contender.driver.call("trickle", url, jobs)
        deadline = time.monotonic() + 30
        while worker.latencies is None:
            if time.monotonic() > deadline or not worker.runs:
                raise DriverError(f"only {worker.count} of {jobs} jobs were handled: {worker.last_words}")
            time.sleep(0.05)
        cpu = cpu_per_1000(jobs, of_worker.seconds(), of_server.seconds(), said.get("cpu"))
        return Latency(percentiles([nanoseconds / 1e6 for nanoseconds in worker.latencies]), cpu)
    finally:
        worker.stop()


def cpu_per_1000(jobs: int, *seconds: float | None) -> float | None:
    """Returns processor seconds for 1,000 jobs; None when one of them, or of how many jobs, is not known.

    >>> cpu_per_1000(2000, 1.5, 0.5), cpu_per_1000(2000, 1.5, None)
    (1.0, None)
    """
    known = [each for each in seconds if each is not None]
    return sum(known) / jobs * 1000 if jobs > 0 and len(known) == len(seconds) else None


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Returns p50, p95 and p99.

    >>> percentiles(range(101))
    {'p50': 50.0, 'p95': 95.0, 'p99': 99.0}
    """
    cuts = quantiles(values, n=100, method="inclusive")
    return {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98]}


def prepared_url(server: Server, contender: Contender) -> str:
    """Returns a fresh database with the queue's schema in it."""
    url = server.fresh_database()
    contender.driver.call("setup", url)
    return url


def server_meter(server: Server) -> CpuMeter:
    """Returns a meter of the server and its sessions, those that have ended included."""
    postmaster = server.postmaster_pid()
    return CpuMeter([postmaster] if postmaster else [], with_children=True)


def _seconds(said: dict[str, Any]) -> float:
    return float(said["seconds"])


def _watch(
    server: Server,
    connection: psycopg.Connection[Any],
    pending: str,
    workers: list[WorkerProcess],
    jobs: int,
    at_most: float | None,
) -> Drained:
    deadline = time.monotonic() + _PATIENCE
    wait_for_first(workers, deadline)
    cut_off_at = time.monotonic() + at_most if at_most else float("inf")
    of_workers, of_server = CpuMeter([worker.process.pid for worker in workers]), server_meter(server)
    # Counting in SQL costs the server something: only once the handlers have seen all.
    while sum(worker.count for worker in workers) < jobs and time.monotonic() < cut_off_at:
        _check(workers, deadline, jobs)
        time.sleep(0.005)
    while True:
        ended_at = time.monotonic_ns()
        row = connection.execute(pending).fetchone()
        assert row is not None
        left: int = row[0]
        if left == 0 or time.monotonic() > cut_off_at:
            break
        _check(workers, deadline, jobs)
        time.sleep(0.002)
    worker_cpu, server_cpu = of_workers.percent(), of_server.percent()
    started_at = min(worker.first for worker in workers if worker.first)
    time.sleep(0.1)  # for the reports of jobs that were handled twice
    handled = sum(worker.count for worker in workers)
    if left == 0 and handled != jobs:
        raise DriverError(f"{jobs} jobs were handled {handled} times")
    rate = (jobs - left) / ((ended_at - started_at) / 1e9)
    return Drained(jobs - left, rate, worker_cpu, server_cpu)


def wait_for_first(workers: list[WorkerProcess], deadline: float) -> None:
    """Returns once one of the workers has called a handler."""
    while not any(worker.first for worker in workers):
        _check(workers, deadline, 0)
        time.sleep(0.002)


def _check(workers: list[WorkerProcess], deadline: float, jobs: int) -> None:
    for worker in workers:
        if not worker.runs:
            raise DriverError(f"a worker ended: {worker.last_words}")
    if time.monotonic() > deadline:
        raise DriverError(f"gave up after {sum(worker.count for worker in workers)} of {jobs} jobs")
