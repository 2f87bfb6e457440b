"""What a job sets in ContextVars is not seen by the next one."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from graphile_worker import AsyncClient, BeforeJobRun, Hooks, JobStart, TaskRegistry, Worker
from graphile_worker._tasks.own_context import has_changed, in_own_context
from graphile_worker.testing import drain, run_task
from tests.py.support import process_tasks

tenant: ContextVar[str] = ContextVar("tenant", default="nobody")


def registry(seen: list[str]) -> TaskRegistry:
    tasks = TaskRegistry()

    @tasks.task
    async def enters(payload: Any) -> None:
        seen.append(tenant.get())
        tenant.set("ada")
        await asyncio.sleep(0)
        tenant.set(tenant.get() + " lovelace")
        assert tenant.get() == "ada lovelace"

    @tasks.task
    async def looks(payload: Any) -> None:
        seen.append(tenant.get())

    @tasks.task
    def looks_in_a_thread(payload: Any) -> None:
        seen.append(tenant.get())
        tenant.set("thread")

    return tasks


NAMES = ["enters", "looks", "looks_in_a_thread", "enters", "looks_in_a_thread", "looks"]


@pytest.mark.parametrize("in_drain", [True, False])
async def test_jobs_share_no_context(database: str, in_drain: bool) -> None:
    seen: list[str] = []
    tasks = registry(seen)
    async with AsyncClient(database) as client:
        for name in NAMES:
            await client.add_job(name)
        if in_drain:
            await drain(database, tasks)
        else:
            await Worker(database, tasks, concurrency=1).run_once()
    assert seen == ["nobody"] * len(NAMES)


async def test_what_hooks_set_reaches_the_handler_and_no_further(database: str) -> None:
    seen: list[str] = []
    hooks = Hooks()
    before: list[str] = []

    @hooks.on(BeforeJobRun)
    def look(event: BeforeJobRun) -> None:
        before.append(tenant.get())

    @hooks.on(JobStart)
    def enter(event: JobStart) -> None:
        tenant.set("hook")

    async with AsyncClient(database) as client:
        for name in NAMES:
            await client.add_job(name)
        await Worker(database, registry(seen), concurrency=1, hooks=hooks).run_once()
    assert seen == ["hook"] * len(NAMES)
    assert before == ["nobody"] * len(NAMES)


async def test_processes_share_no_context(database: str) -> None:
    async with AsyncClient(database) as client:
        for _ in range(3):
            await client.add_job("enter_context")
        await Worker(database, process_tasks.tasks, concurrency=1).run_once()
        assert await client.list_jobs() == []


async def test_run_task_leaves_the_context_of_the_test_alone() -> None:
    await run_task(registry([])["enters"])
    assert tenant.get() == "nobody"


async def test_the_context_is_kept_through_cancellations_and_errors() -> None:
    ended: list[str] = []

    async def work(how: str) -> str:
        tenant.set(how)
        try:
            await asyncio.sleep(60 if how == "cancelled" else 0)
            if how == "raises":
                raise ValueError(how)
            return tenant.get()
        finally:
            ended.append(tenant.get())

    assert await in_own_context(work("returns")) == "returns"
    with pytest.raises(ValueError, match="raises"):
        await in_own_context(work("raises"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await in_own_context(work("cancelled"))
    thrown_away = in_own_context(work("cancelled"))
    thrown_away.send(None)
    thrown_away.close()
    assert ended == ["returns", "raises", "cancelled", "cancelled"]
    assert tenant.get() == "nobody"


async def test_what_was_set_is_noticed_whatever_it_is() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise ValueError("not to be compared")

        __hash__ = None  # type: ignore[assignment]

    odd: ContextVar[Odd] = ContextVar("odd")
    odd.set(Odd())
    base = copy_context()
    assert not has_changed(base)
    odd.set(Odd())
    assert has_changed(base)
    base = copy_context()
    token = tenant.set("ada")
    assert has_changed(base)
    tenant.reset(token)
    assert not has_changed(base)
