"""Metrics of a worker.

Needs the extra: `pip install 'graphile-worker[prometheus]'`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from .._basis.log import logger
from .._hooks.events import (
    AfterJobRun,
    JobCancel,
    JobComplete,
    JobEvent,
    JobFail,
    JobFetch,
    JobInterrupted,
    JobPermanentlyFail,
    JobStart,
    WorkerShutdown,
    WorkerStart,
)
from .._hooks.hooks import Hooks

__all__ = ["Prometheus"]


SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
_SIZES = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class Prometheus:
    """A plugin that counts what happens to jobs; one may serve all workers of a process.

    `port`: where /metrics is served while a worker runs, on `address`; None when something else serves the registry.
    `registry`: the global one by default; a second plugin needs another. `buckets`: of durations, in seconds.

    >>> worker = Worker(url, tasks, plugins=[Prometheus(port=9187)])  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        port: int | None = None,
        address: str = "127.0.0.1",
        registry: CollectorRegistry = REGISTRY,
        buckets: Sequence[float] = SECONDS,
    ) -> None:
        self._address = address
        self._port = port
        self._registry = registry
        self._server: tuple[WSGIServer, Thread] | None = None
        self._worker_ids: set[str] = set()
        self._since: dict[tuple[str, int], float] = {}
        """When each job that runs has started, of time.monotonic()."""

        def counter(name: str, documentation: str) -> Counter:
            return Counter(f"graphile_worker_jobs_{name}", documentation, ["task"], registry=registry)

        self._started = counter("started", "Jobs whose handler was called.")
        self._completed = counter("completed", "Jobs done.")
        self._failed = counter("failed", "Jobs failed, those that will be retried included.")
        self._permanently_failed = counter("permanently_failed", "Jobs failed that will not be retried.")
        self._interrupted = counter("interrupted", "Jobs cut off by a shutdown and returned.")
        self._recovered = counter("recovered", "Jobs taken back from dead workers, by this one.")
        self._cancelled = counter("cancelled", "Jobs cancelled by somebody while a worker held them.")
        self._running = Gauge("graphile_worker_jobs_running", "Jobs that run now.", ["task"], registry=registry)
        self._duration = Histogram(
            "graphile_worker_job_duration_seconds",
            "How long handlers ran.",
            ["task"],
            registry=registry,
            buckets=buckets,
        )
        self._latency = Histogram(
            "graphile_worker_job_latency_seconds",
            "From the time a job was due to its start, by this machine's clock.",
            ["task"],
            registry=registry,
            buckets=buckets,
        )
        self._fetched = Histogram(
            "graphile_worker_fetched_jobs", "Jobs that a claim brought.", registry=registry, buckets=_SIZES
        )

    @property
    def port(self) -> int | None:
        """The port of /metrics right now: with `port=0`, what the system has chosen."""
        return self._server[0].server_port if self._server else None

    def register(self, hooks: Hooks) -> None:
        hooks.on(WorkerStart)(self._worker_starts)
        hooks.on(WorkerShutdown)(self._worker_stops)
        hooks.on(JobFetch)(lambda event: self._fetched.observe(len(event.jobs)))
        hooks.on(JobStart)(self._job_starts)
        hooks.on(AfterJobRun)(self._job_ends)
        hooks.on(JobComplete)(self._job_completes)
        hooks.on(JobFail)(self._job_fails)
        hooks.on(JobPermanentlyFail)(lambda event: self._permanently_failed.labels(event.job.task_identifier).inc())
        hooks.on(JobCancel)(self._job_is_cancelled)
        hooks.on(JobInterrupted)(self._job_is_interrupted)

    def _worker_starts(self, event: WorkerStart) -> None:
        self._worker_ids.add(event.worker_id)
        if self._port is not None and self._server is None:
            self._server = start_http_server(self._port, self._address, self._registry)
            logger.info("metrics at http://%s:%d/metrics", self._address, self._server[0].server_port)

    async def _worker_stops(self, event: WorkerShutdown) -> None:
        self._worker_ids.discard(event.worker_id)
        if self._server is not None and not self._worker_ids:
            server, thread = self._server
            self._server = None
            # It waits for the server's loop to look up.
            await asyncio.to_thread(server.shutdown)
            server.server_close()
            thread.join()

    def _job_starts(self, event: JobStart) -> None:
        task = event.job.task_identifier
        self._since[event.worker_id, event.job.id] = time.monotonic()
        self._started.labels(task).inc()
        self._running.labels(task).inc()
        # Clocks differ: a job is not early.
        self._latency.labels(task).observe(max((datetime.now(UTC) - event.job.run_at).total_seconds(), 0.0))

    def _job_ends(self, event: JobEvent) -> None:
        # Several events may end a run; an interceptor that answers before this one leaves it without AfterJobRun.
        since = self._since.pop((event.worker_id, event.job.id), None)
        if since is not None:
            self._running.labels(event.job.task_identifier).dec()
            self._duration.labels(event.job.task_identifier).observe(time.monotonic() - since)

    def _job_completes(self, event: JobComplete) -> None:
        self._job_ends(event)
        self._completed.labels(event.job.task_identifier).inc()

    def _job_fails(self, event: JobFail) -> None:
        self._job_ends(event)
        self._failed.labels(event.job.task_identifier).inc()

    def _job_is_cancelled(self, event: JobCancel) -> None:
        self._job_ends(event)
        self._cancelled.labels(event.job.task_identifier).inc()

    def _job_is_interrupted(self, event: JobInterrupted) -> None:
        if event.dead_worker_id is not None:
            # It ran elsewhere, and may run here by now.
            self._recovered.labels(event.job.task_identifier).inc()
            return
        self._job_ends(event)
        self._interrupted.labels(event.job.task_identifier).inc()
