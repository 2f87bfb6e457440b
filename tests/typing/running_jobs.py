"""What is around handlers, and tests of them, as type checkers see it: each `type: ignore` is a mistake to be found.

`make lint` checks this file with mypy, `make pyright` with pyright; nothing runs it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, assert_type

import psycopg

from graphile_worker import Client, Job, Task, TaskRegistry
from graphile_worker.testing import Drained, RecordingClient, drain, run_task
from graphile_worker.testing import plain as plain_testing

tasks = TaskRegistry()


@tasks.middleware
async def on_loop(job: Job, call: Callable[[], Awaitable[Any]]) -> Any:
    assert_type(job.task_identifier, str)
    return await call()


@tasks.middleware
async def returns_none(job: Job, call: Callable[[], Awaitable[object]]) -> None:
    await call()


@tasks.middleware
def in_place(job: Job, call: Callable[[], Any]) -> Any:
    return call()


kept: Callable[[Job, Callable[[], Any]], Any] = in_place


def upgrade(payload: Any, version: int) -> dict[str, Any]:
    return {"email": payload["to"], "from": version}


@dataclass
class Mail:
    email: str


@tasks.task("send_mail", aliases=["mail"], version=2, upgrade=upgrade, middleware=[on_loop, in_place])
def send(payload: Mail) -> None: ...


assert_type(send, Task[Mail])


def of_one(job: Job) -> None: ...


def of_the_payload(payload: dict[str, Any], call: Callable[[], Any]) -> None: ...


async def of_a_result(job: Job, result: str) -> None: ...


def registering() -> None:
    tasks.middleware(of_one)  # type: ignore[type-var]
    tasks.middleware(of_the_payload)  # type: ignore[type-var]
    tasks.middleware(of_a_result)  # type: ignore[type-var]
    tasks.task(middleware=[of_one])  # type: ignore[list-item]
    tasks.task(middleware=on_loop)  # type: ignore[call-overload]
    tasks.task(alias="mail")  # type: ignore[call-overload]
    tasks.task(aliases=[3])  # type: ignore[list-item]
    tasks.task(version="2", upgrade=upgrade)  # type: ignore[call-overload]
    tasks.task(version=2, upgrade=of_one)  # type: ignore[arg-type]
    tasks.batch(middleware=[of_one])  # type: ignore[list-item]
    tasks.executable("resize", "/opt/resize", aliases=["image"], middleware=[on_loop])


async def in_async_tests(url: str, connection: psycopg.AsyncConnection[Any]) -> None:
    assert_type(await drain(connection, tasks), Drained)
    await drain(url, send)  # type: ignore[arg-type]
    await run_task(of_one)  # type: ignore[arg-type]
    await run_task(send, client=RecordingClient())


def in_plain_tests(url: str, connection: psycopg.Connection[Any], client: Client) -> None:
    assert_type(plain_testing.drain(url, tasks).check(), Drained)
    plain_testing.drain(connection, tasks)
    plain_testing.drain(client, tasks)  # type: ignore[arg-type]
    plain_testing.run_task(send, Mail("ada@example.com"), client=RecordingClient())
    plain_testing.run_task(send, client=client)  # type: ignore[arg-type]
