"""Flags forbidden by a function: asked before each claim, and while it has no answer nothing is claimed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from graphile_worker import AsyncClient, GraphileWorkerError, InvalidArgument, LocalQueue, TaskRegistry, Worker
from graphile_worker._worker import forbidden_flags as module
from tests.support import eventually

SOON = timedelta(milliseconds=20)


def noting() -> tuple[TaskRegistry, list[str]]:
    tasks = TaskRegistry()
    seen: list[str] = []

    @tasks.task
    async def note(payload: str) -> None:
        seen.append(payload)

    return tasks, seen


@pytest.mark.parametrize("is_async", [False, True])
async def test_what_it_says_holds_for_the_next_claim(database: str, is_async: bool) -> None:
    tasks, seen = noting()
    closed = {"bank", "post"}

    def now() -> set[str] | None:
        return set(closed) or None

    async def now_later() -> set[str] | None:
        await asyncio.sleep(0)
        return now()

    async with AsyncClient(database) as client:
        for flag in ("bank", "post", "free"):
            await client.add_job("note", flag, flags=[flag])
        options: dict[str, Any] = {"forbidden_flags": now_later if is_async else now}
        async with Worker(database, tasks, poll_interval=SOON, **options):
            await eventually(lambda: seen == ["free"])
            closed.remove("post")
            await eventually(lambda: seen == ["free", "post"])
            closed.add("post")
            await client.add_job("note", "late", flags=["post"])
            closed.remove("bank")
            await eventually(lambda: seen == ["free", "post", "bank"])
        [left] = await client.list_jobs()
        assert (left.flags, left.attempts) == ({"post": True}, 0)
        await Worker(database, tasks, forbidden_flags=lambda: ["post"]).run_once()
        assert len(await client.list_jobs()) == 1


def raises() -> list[str]:
    raise RuntimeError("the cache is empty")


def returns_a_text() -> str:
    return "bank"


async def is_silent() -> list[str]:
    await asyncio.Event().wait()
    return []


async def is_cancelled_within() -> list[str]:
    raise asyncio.CancelledError


BAD = [
    (is_cancelled_within, "CancelledError"),
    (raises, "RuntimeError: the cache is empty"),
    (returns_a_text, "bad forbidden_flags 'bank'"),
    (is_silent, "TimeoutError"),
]


@pytest.mark.parametrize(("bad", "words"), BAD)
async def test_without_an_answer_nothing_is_claimed_and_what_ran_is_handed_in(
    database: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, bad: Callable[[], Any], words: str
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    tasks, seen = noting()
    finish = asyncio.Event()
    answers: list[Callable[[], Any]] = [list]

    @tasks.task
    async def slow() -> None:
        seen.append("slow")
        await finish.wait()

    options: dict[str, Any] = {"forbidden_flags": lambda: answers[0]()}
    async with AsyncClient(database) as client, Worker(database, tasks, poll_interval=SOON, concurrency=2, **options):
        await client.add_job("slow")
        await eventually(lambda: seen == ["slow"])
        answers[0] = bad
        await eventually(lambda: words in caplog.text)
        await client.add_job("note", "hello")
        finish.set()
        await eventually(lambda: _count(client, 1))
        assert seen == ["slow"]
        answers[0] = list
        await eventually(lambda: seen == ["slow", "hello"])
    assert "forbidden_flags gave no answer and no job is claimed, trying again (1)" in caplog.text


@pytest.mark.parametrize(("bad", "words"), BAD)
async def test_run_once_ends_with_the_error(
    database: str, monkeypatch: pytest.MonkeyPatch, bad: Any, words: str
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    tasks, seen = noting()
    async with AsyncClient(database) as client:
        await client.add_job("note", "hello")
        with pytest.raises(GraphileWorkerError, match=f"forbidden_flags gave no answer: .*{words}"):
            await Worker(database, tasks, forbidden_flags=bad).run_once()
        [job] = await client.list_jobs()
    assert (job.attempts, job.locked_by, seen) == (0, None, [])


def test_a_local_queue_beside_it_is_refused() -> None:
    tasks, _ = noting()
    with pytest.raises(InvalidArgument, match=r"forbidden_flags is a function, and there is a local queue\. Leave out"):
        Worker("", tasks, forbidden_flags=list, local_queue=LocalQueue())


async def _count(client: AsyncClient, count: int) -> bool:
    return (await client.stats()).total == count
