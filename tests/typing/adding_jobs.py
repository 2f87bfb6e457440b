"""Adding jobs as type checkers see it: each `type: ignore` stands for a mistake that must be found.

`make lint` checks this file with mypy, `make pyright` with pyright; nothing runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, assert_type

from graphile_worker import AsyncClient, Client, JobContext, JobRow, JobSpec, Task, TaskRegistry, ThreadContext, Unique

tasks = TaskRegistry()
HOUR = timedelta(hours=1)
TOMORROW = datetime.now(UTC) + timedelta(days=1)


@dataclass
class Mail:
    to: str


MAIL = Mail("ada@example.com")


@tasks.task
async def send(payload: Mail) -> None: ...


@tasks.task("mail/later", queue_name="mail", retry=lambda attempts, error: HOUR)
def later(payload: Mail, context: ThreadContext) -> None: ...


@tasks.task
async def maybe(payload: Mail | None, context: JobContext) -> None: ...


@tasks.task
def nothing() -> None: ...


@tasks.batch("index", queue_name="index")
async def index(items: list[int]) -> list[str | None]:
    return [None for _ in items]


@tasks.batch
async def plain_batch(items: list[int]) -> None: ...


@tasks.batch
def of_sequences(items: Sequence[int]) -> None: ...


assert_type(send, Task[Mail])
assert_type(later, Task[Mail])
assert_type(maybe, Task[Mail | None])
assert_type(nothing, Task[None])
assert_type(index, Task[list[int]])
assert_type(plain_batch, Task[list[int]])


def registering() -> None:
    tasks.task(queue="mail")  # type: ignore[call-overload]
    tasks.task("a", prioritty=3)  # type: ignore[call-overload]
    tasks.task("a", priority="3")  # type: ignore[call-overload]
    tasks.batch("a", max_atempts=3)  # type: ignore[call-overload]
    tasks.add(print, "print", queue="mail")  # type: ignore[call-arg]
    tasks.executable("resize", "/opt/resize", queue="mail")  # type: ignore[call-arg]
    tasks.use("postgresql://localhost/app")  # type: ignore[arg-type]


async def on_a_loop(client: AsyncClient) -> None:
    assert_type(await send.add(MAIL, delay=HOUR, job_key="ada", flags=["mail"], unique=Unique()), JobRow)
    await send.add({"to": "ada@example.com"})  # type: ignore[arg-type]
    await send.add("ada@example.com", client=client)  # type: ignore[arg-type]
    await send.add(MAIL, prioritty=3)  # type: ignore[call-arg]
    await send.add(MAIL, priority="3")  # type: ignore[arg-type]
    await send.add(MAIL, run_at="tomorrow")  # type: ignore[arg-type]
    await send.add(MAIL, delay=30)  # type: ignore[arg-type]
    await send.add(MAIL, job_key_mode="repalce")  # type: ignore[arg-type]
    await nothing.add()
    await nothing.add({"to": "ada@example.com"})  # type: ignore[arg-type]
    await index.add([1, 2])
    await index.add(["1"])  # type: ignore[list-item]

    assert_type(await client.add_job(send, MAIL, run_at=TOMORROW), JobRow)
    await client.add_job(maybe)
    await client.add_job("send", {"to": "ada@example.com"}, delay=HOUR)
    await client.add_job(send, {"to": "ada@example.com"})  # type: ignore[misc]
    await client.add_job(send, payload=3)  # type: ignore[misc]
    await client.add_job(send, MAIL, prioritty=3)  # type: ignore[call-arg]
    await client.add_job("send", None, prioritty=3)  # type: ignore[call-arg]
    await client.add_job("send", delay=30)  # type: ignore[arg-type]
    await client.add_job(print)  # type: ignore[arg-type]
    await client.add_batch_job(index, [1], job_key="index")
    await client.add_batch_job("index", [1], jobkey="index")  # type: ignore[call-arg]
    await client.add_batch_job(index, (n for n in (1, 2)))
    await client.add_batch_job(of_sequences, [1])
    await client.add_batch_job(index, ["1"])  # type: ignore[misc]
    await client.add_batch_job(send, [MAIL])  # type: ignore[arg-type]

    specs = [send.spec(MAIL, delay=HOUR), JobSpec(identifier="send", delay=HOUR)]
    assert_type(await client.add_jobs(specs), list[int])
    send.spec("ada@example.com")  # type: ignore[arg-type]
    send.spec(MAIL, unique=Unique())  # type: ignore[call-arg]
    JobSpec(identifier="send", delay=30)  # type: ignore[arg-type]
    JobSpec(identifier=send)  # type: ignore[arg-type]


def in_a_script(client: Client) -> None:
    tasks.use(client)
    assert_type(send.add(MAIL).id, int)
    assert_type(client.add_job(send, MAIL, delay=HOUR), JobRow)
    client.add_job(send, {"to": "ada@example.com"})  # type: ignore[misc]
    client.add_job(send, MAIL, prioritty=3)  # type: ignore[call-arg]
    client.add_batch_job(index, [1], jobkey="index")  # type: ignore[call-arg]
    client.add_batch_job(index, ["1"])  # type: ignore[misc]
    client.add_jobs([send.spec(MAIL)])
    send.add(MAIL, prioritty=3)  # type: ignore[call-arg]


def in_a_thread(context: ThreadContext) -> None:
    assert_type(context.client, Client)
    assert_type(context.client.add_job(send, MAIL), JobRow)
    context.client.add_job(send, "ada@example.com")  # type: ignore[misc]


async def in_a_handler(context: JobContext) -> None:
    assert_type(context.client, AsyncClient)
    assert_type(await context.client.add_job(send, MAIL), JobRow)
    await context.client.add_job(send, "ada@example.com")  # type: ignore[misc]


def of_tasks_made_elsewhere(handler: Callable[..., Any], client: Client) -> None:
    client.add_job(tasks.add(handler, "handler", timeout=HOUR), {"any": "payload"})
