"""Tasks and their defaults, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from graphile_worker import AsyncClient, GraphileWorkerError, InvalidArgument, JobContext, TaskRegistry, Worker


@dataclass
class Mail:
    to: str


async def test_add_uses_the_defaults_of_the_task(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task("mail/send", queue_name="mail", priority=4, max_attempts=3)
    async def send_mail(payload: Mail) -> None: ...

    @tasks.task
    async def welcome(payload: Mail, context: JobContext) -> None:
        # Within a handler there is always a client.
        await send_mail.add(payload)

    with pytest.raises(GraphileWorkerError, match=r"needs a client\. Give client="):
        await send_mail.add(Mail("ada@example.com"))
    async with AsyncClient(database) as client:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        await send_mail.add(Mail("ada@example.com"), client=client, run_at=tomorrow, priority=9)
        tasks.use(client)
        await welcome.add(Mail("grace@example.com"))
        worker = Worker(database, tasks, concurrency=1)
        await worker.run_once()
        (job,) = await client.list_jobs()
        assert (job.task_identifier, job.queue_name, job.priority, job.max_attempts) == ("mail/send", "mail", 9, 3)
        assert job.run_at == tomorrow


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    tasks = TaskRegistry()

    async def asynchronous() -> None: ...

    def with_context(payload: Any, context: JobContext) -> None: ...

    with pytest.raises(InvalidArgument, match="an async function, which can't run in a process"):
        tasks.add(asynchronous, "a", run_in="process")
    with pytest.raises(InvalidArgument, match="a plain function, which can't run in a loop"):
        tasks.add(with_context, "b", run_in="loop")
    with pytest.raises(InvalidArgument, match="can't take a context"):
        tasks.add(with_context, "c", run_in="process")
    with pytest.raises(InvalidArgument, match="takes 3 arguments"):
        tasks.add(lambda a, b, c: None, "d")
    (tmp_path / "plain").write_text("")
    with pytest.raises(InvalidArgument, match="is not an executable file"):
        tasks.executable("e", tmp_path / "plain")
    assert list(tasks) == []
