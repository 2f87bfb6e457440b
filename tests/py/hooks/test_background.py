"""Hooks are told from where nobody can wait, and waited for in the end."""

from __future__ import annotations

import asyncio

from graphile_worker import Hooks, WorkerShutdown
from graphile_worker._hooks.background import BackgroundHooks


async def test_nobody_waits_until_all_are_told() -> None:
    hooks = Hooks()
    may_go_on = asyncio.Event()
    told: list[str] = []

    @hooks.on(WorkerShutdown)
    async def slow(event: WorkerShutdown) -> None:
        await may_go_on.wait()
        told.append(event.worker_id)

    background = BackgroundHooks(hooks)
    for worker_id in ("a", "b"):
        background.emit(WorkerShutdown, worker_id=worker_id, reason="stop")
    settled = asyncio.create_task(background.settle())
    await asyncio.sleep(0)
    assert (told, settled.done()) == ([], False)
    may_go_on.set()
    await settled
    assert told == ["a", "b"]


async def test_what_nobody_wants_to_know_costs_no_task() -> None:
    before = asyncio.all_tasks()
    background = BackgroundHooks(Hooks())
    background.emit(WorkerShutdown, worker_id="a", reason="stop")
    assert asyncio.all_tasks() == before
    await background.settle()
