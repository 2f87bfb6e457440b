"""A user's application as the strict type checker sees it; `make lint` checks this file, nothing runs it.

Each `type: ignore` stands for a mistake that must be found: strict checking complains about one that is not needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from graphile_worker import (
    AsyncClient,
    Client,
    Hooks,
    JobComplete,
    JobContext,
    JobRow,
    JobSpec,
    LocalQueue,
    TaskRegistry,
    ThreadContext,
    Unique,
    UniqueJob,
    Worker,
)

tasks = TaskRegistry()
hooks = Hooks()


@dataclass
class Mail:
    to: str


@tasks.task
async def send(payload: Mail) -> None: ...


@tasks.task("mail/welcome", queue_name="mail")
async def welcome(payload: Mail, context: JobContext) -> None:
    await send.add(payload, priority=1)
    context.logger.info("attempt %d", context.job.attempts)


@tasks.task(run_in="thread")
def plain() -> None: ...


@hooks.on(JobComplete)
def slow(event: JobComplete) -> None:
    print(event.job.task_identifier, event.duration > timedelta(seconds=1))


async def main(url: str) -> None:
    async with AsyncClient(url) as client:
        row: JobRow = await send.add(Mail("ada@example.com"), client=client)
        await send.add({"to": "ada@example.com"}, client=client)  # type: ignore[arg-type]
        await client.add_job("send", job_key_mode="repalce")  # type: ignore[arg-type]
        ids: list[int] = await client.add_jobs([JobSpec(identifier="send", payload={"n": row.id})])
        print(ids, (await client.stats()).ready)
    await Worker(url, tasks, concurrency=4, local_queue=LocalQueue(size=50), hooks=hooks).run(handle_signals=True)


@tasks.task
def in_a_thread(payload: Mail, context: ThreadContext) -> None:
    row: JobRow = context.client.add_job("send", payload)
    added: JobRow = send.add(payload)
    print(row.id, added.id)


def blocking(url: str) -> int:
    with Client(url) as client:
        print(send.add(Mail("ada@example.com"), client=client).id)
        return client.add_job("send", {"to": "ada@example.com"}).id


@tasks.task(unique=Unique(by=["to"], until="started"))
async def unique(payload: Mail) -> None: ...


async def adding_unique_jobs(client: AsyncClient) -> bool:
    Unique(until="failed")  # type: ignore[arg-type]
    found: list[UniqueJob] = await client.add_unique_jobs([JobSpec(identifier="send")], Unique())
    row: JobRow = await unique.add(Mail("ada@example.com"), client=client, unique=Unique(within=timedelta(hours=1)))
    return row.is_new or found[0].is_new or (await client.add_job("send", unique=Unique())).is_new
