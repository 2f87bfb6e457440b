"""Batch tasks: only what failed is tried again."""

from __future__ import annotations

from typing import Any

import pytest

from graphile_worker import AsyncClient, TaskRegistry, Worker


async def error_of(client: AsyncClient, job_id: int) -> str | None:
    job = await client.show_job(job_id)
    return None if job is None else (job.last_error or "")


@pytest.mark.parametrize(
    ("results", "left", "error"),
    [
        (None, None, None),
        ([None, None, None], None, None),
        (
            [None, "bad item", ValueError("worse")],
            ["b", "c"],
            "BatchPartlyFailed: 2 of 3 items failed; the first: bad item",
        ),
        ([None], ["a", "b", "c"], "ValueError: batch got 3 items and returned 1 results; it returns one each, or None"),
        ("abc", ["a", "b", "c"], "ValueError: batch got 3 items and returned a str; it returns one each, or None"),
        (RuntimeError("all"), ["a", "b", "c"], "RuntimeError: all"),
    ],
)  # fmt: skip
async def test_batches(database: str, results: Any, left: list[str] | None, error: str | None) -> None:
    tasks = TaskRegistry()
    got: list[list[str]] = []

    @tasks.batch("batch")
    async def handle(items: list[str]) -> Any:
        got.append(items)
        if isinstance(results, Exception):
            raise results
        return results

    async with AsyncClient(database) as client:
        job = await client.add_batch_job("batch", ["a", "b", "c"])
        await Worker(database, tasks).run_once()
        assert got == [["a", "b", "c"]]
        shown = await client.show_job(job.id)
        assert (shown and shown.payload) == left
        assert (shown and (shown.last_error or "").partition("\n")[0]) == error


@pytest.mark.parametrize("payload", [{"not": "an array"}, []])
async def test_what_is_no_batch_fails_as_it_is(database: str, payload: Any) -> None:
    tasks = TaskRegistry()
    ran: list[Any] = []
    tasks.add(ran.append, "batch", is_batch=True)
    async with AsyncClient(database) as client:
        job = await client.add_job("batch", payload)
        await Worker(database, tasks).run_once()
        shown = await client.show_job(job.id)
        assert shown is not None
        assert shown.payload == payload
        assert (shown.last_error or "").startswith("PayloadError: batch is a batch task")
    assert ran == []


async def test_batches_accumulate_by_key(database: str) -> None:
    tasks = TaskRegistry()
    got: list[list[int]] = []

    @tasks.batch("batch")
    def handle(items: list[int]) -> None:
        got.append(items)

    async with AsyncClient(database) as client:
        for numbers in ([1], [2, 3]):
            await client.add_batch_job("batch", numbers, job_key="all")
        await Worker(database, tasks).run_once()
    assert got == [[1, 2, 3]]
