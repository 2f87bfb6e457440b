"""How seldom the admin page asks the database."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import Any

import pytest

from graphile_worker import AsyncClient
from graphile_worker.admin._figures.shared import Shared
from tests.py.support.admin import api


async def test_many_viewers_cost_as_much_as_one(shared_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    run = AsyncClient._run

    async def counting(self: AsyncClient, call: Any) -> Any:
        asked.extend(re.findall(r"@extschema@\.(\w+)\(", call.statement))
        return await run(self, call)

    monkeypatch.setattr(AsyncClient, "_run", counting)
    async with api(shared_database) as page:
        for path in ("overview", "jobs", "workers", "tasks"):
            await asyncio.gather(*(page.get(path) for _ in range(20)))
    once = {"stats", "longest_queues", "list_locked_workers", "list_paused", "list_jobs_page", "task_stats"}
    # The workers of the overview are another, shorter list.
    assert Counter(asked) == {**dict.fromkeys(once, 1), "list_workers": 2}


async def test_an_error_is_shared_too_and_not_for_long() -> None:
    now, calls = [0.0], []

    async def failing() -> None:
        calls.append(now[0])
        raise RuntimeError("down")

    shared = Shared(lambda: now[0])
    for moment in (0.0, 0.5, 1.0):
        now[0] = moment
        with pytest.raises(RuntimeError):
            await shared.get("key", 1.0, failing)
    assert calls == [0.0, 1.0]


async def test_a_viewer_who_leaves_takes_nothing_from_the_others() -> None:
    shared, gate = Shared(), asyncio.Event()

    async def slow() -> str:
        await gate.wait()
        return "there"

    first = asyncio.create_task(shared.get("key", 1.0, slow))
    second = asyncio.create_task(shared.get("key", 1.0, slow))
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    assert await second == "there"
