"""Metrics: what the plugin counts, and the page that serves it."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from graphile_worker import (
    AfterJobRun,
    AsyncClient,
    Hooks,
    JobComplete,
    JobInterrupted,
    JobSpec,
    JobStart,
    SchemaNotInstalled,
    Skip,
    TaskRegistry,
    Worker,
)
from graphile_worker.contrib.prometheus import Prometheus
from graphile_worker.testing import make_context
from tests.support import eventually


class Page:
    """A plugin with a registry of its own."""

    def __init__(self, **options: Any) -> None:
        self.registry = CollectorRegistry()
        self.plugin = Prometheus(registry=self.registry, **options)

    def value(self, name: str, task: str | None = None) -> float | None:
        return self.registry.get_sample_value(f"graphile_worker_{name}", {"task": task} if task else {})


def registry() -> TaskRegistry:
    tasks = TaskRegistry()

    @tasks.task
    async def good() -> None: ...

    @tasks.task
    def bad() -> None:
        raise ValueError("bad luck")

    return tasks


async def test_what_happens_is_counted(database: str) -> None:
    page = Page()
    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="good") for _ in range(3))
        await client.add_job("bad")
        await client.add_job("bad", max_attempts=1)
    await Worker(database, registry(), plugins=[page.plugin], concurrency=2).run_once()
    for name, good, bad in (
        ("jobs_started_total", 3, 2),
        ("jobs_completed_total", 3, None),
        ("jobs_failed_total", None, 2),
        ("jobs_permanently_failed_total", None, 1),
        ("jobs_running", 0, 0),
        ("job_duration_seconds_count", 3, 2),
        ("job_latency_seconds_count", 3, 2),
        ("jobs_interrupted_total", None, None),
    ):
        assert (name, page.value(name, "good"), page.value(name, "bad")) == (name, good, bad)
    assert page.value("fetched_jobs_sum") == 5
    fetches = page.value("fetched_jobs_count")
    assert fetches is not None
    assert fetches >= 2


async def test_a_running_and_an_interrupted_job(database: str) -> None:
    page = Page()
    tasks = TaskRegistry()
    started = asyncio.Event()

    @tasks.task
    async def slow() -> None:
        started.set()
        await asyncio.Event().wait()

    async with AsyncClient(database) as client:
        await client.add_job("slow")
    worker = Worker(database, tasks, plugins=[page.plugin])
    run = asyncio.create_task(worker.run())
    await started.wait()
    assert page.value("jobs_running", "slow") == 1
    worker.stop(now=True)
    await run
    assert page.value("jobs_running", "slow") == 0
    assert page.value("jobs_interrupted_total", "slow") == 1


async def test_a_job_taken_back_from_a_dead_worker_that_runs_here_by_now() -> None:
    """It was somebody else's run that was cut off: the one here goes on."""
    page = Page()
    hooks = Hooks([page.plugin])
    job = make_context("slow").job
    about: Any = {"worker_id": "w", "job": job}
    await hooks.emit(JobStart(**about))
    await hooks.emit(JobInterrupted(**about, reason="worker_crashed", dead_worker_id="dead"))
    assert page.value("jobs_running", "slow") == 1
    assert page.value("jobs_interrupted_total", "slow") is None
    assert page.value("jobs_recovered_total", "slow") == 1
    await hooks.emit(JobComplete(**about, duration=timedelta(seconds=1)))
    assert page.value("jobs_running", "slow") == 0


@pytest.mark.parametrize("task", ["good", "bad"])
async def test_an_interceptor_that_decides_first_leaves_nothing_running(database: str, task: str) -> None:
    page = Page()
    hooks = Hooks()
    hooks.on(AfterJobRun)(lambda _event: Skip())
    async with AsyncClient(database) as client:
        await client.add_job(task)
    await Worker(database, registry(), hooks=hooks, plugins=[page.plugin]).run_once()
    assert page.value("jobs_running", task) == 0
    assert page.value("jobs_completed_total", task) == 1
    assert page.value("job_duration_seconds_count", task) == 1


async def test_the_page_is_there_while_a_worker_runs(database: str, empty_database: str) -> None:
    page = Page(port=0)
    tasks = TaskRegistry()
    read: list[tuple[int, str]] = []

    @tasks.task
    def look() -> None:
        port = page.plugin.port
        assert port is not None
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            read.append((port, answer.read().decode()))

    async with AsyncClient(database) as client:
        await client.add_job("look")
    await Worker(database, tasks, plugins=[page.plugin]).run_once()
    [(port, text)] = read
    assert 'graphile_worker_jobs_running{task="look"} 1.0' in text
    assert page.plugin.port is None
    with pytest.raises(urllib.error.URLError):
        await asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{port}/metrics")

    # One that never came to run does not stop the page of the others, and the page comes back.
    async with Worker(database, tasks, plugins=[page.plugin]):
        async with asyncio.timeout(20):
            while page.plugin.port is None:  # noqa: ASYNC110  # There is no event to wait for.
                await asyncio.sleep(0.01)
        with pytest.raises(SchemaNotInstalled):
            await Worker(empty_database, tasks, plugins=[page.plugin]).run_once()
        assert page.plugin.port is not None
    assert page.plugin.port is None


async def test_a_cancelled_job(database: str) -> None:
    page = Page()
    tasks = TaskRegistry()
    started = asyncio.Event()

    @tasks.task
    async def slow() -> None:
        started.set()
        await asyncio.Event().wait()

    async with AsyncClient(database) as client, Worker(database, tasks, plugins=[page.plugin]):
        job = await client.add_job("slow")
        await started.wait()
        await client.cancel_jobs([job.id])
        await eventually(lambda: page.value("jobs_cancelled_total", "slow") == 1)
        assert page.value("jobs_running", "slow") == 0
        assert page.value("jobs_interrupted_total", "slow") is None
