"""What a handler gets to know besides the payload."""

from __future__ import annotations

from typing import Any

from graphile_worker import AsyncClient, JobContext, TaskRegistry, Worker


async def test_a_handler_reads_the_workers_state(database: str) -> None:
    tasks = TaskRegistry()
    seen: list[Any] = []

    @tasks.task
    async def look(payload: Any, context: JobContext) -> None:
        seen.append(context.state["mailer"])

    async with AsyncClient(database) as client:
        await client.add_job("look")
        await Worker(database, tasks, state={"mailer": "smtp"}).run_once()
    assert seen == ["smtp"]
