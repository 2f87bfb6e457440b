"""Tasks that were renamed: jobs that wait under a former name."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from graphile_worker import (
    AsyncClient,
    Client,
    Exponential,
    InvalidArgument,
    JobContext,
    LocalQueue,
    TaskRegistry,
    Worker,
)
from graphile_worker.testing import RecordingClient, drain, make_context, run_task


def renamed() -> tuple[TaskRegistry, list[str]]:
    tasks = TaskRegistry()
    ran: list[str] = []

    @tasks.task("send_mail", aliases=["mail", "old/mail"], max_attempts=3, retry=Exponential("7s"), bad_payload="fail")
    async def send_mail(payload: str, context: JobContext) -> None:
        ran.append(f"{payload} {context.job.task_identifier}")
        if payload == "fails":
            raise ValueError

    return tasks, ran


@pytest.mark.parametrize("way", ["worker", "local queue", "drain"])
async def test_jobs_of_former_names_are_run_by_the_same_handler(way: str, database: str) -> None:
    tasks, ran = renamed()
    async with AsyncClient(database) as client:
        for name in ("mail", "send_mail", "old/mail", "somebody else's"):
            await client.add_job(name, "x")
        if way == "drain":
            assert (await drain(database, tasks)).check().identifiers == ["mail", "send_mail", "old/mail"]
        else:
            queue = LocalQueue(size=3) if way == "local queue" else None
            await Worker(database, tasks, concurrency=1, local_queue=queue).run_once()
        assert ran == ["x mail", "x send_mail", "x old/mail"]
        assert [job.task_identifier for job in await client.list_jobs()] == ["somebody else's"]


async def test_its_policy_is_that_of_its_former_names(database: str) -> None:
    tasks, _ = renamed()
    async with AsyncClient(database) as client:
        await client.add_job("mail", "fails")
        await client.add_job("mail", 3)
        done = await drain(database, tasks)
        assert [failed.will_retry for failed in done.failed] == [True, False]
        policies = await client.list_task_policies()
        assert [policy.task_identifier for policy in policies] == ["mail", "old/mail", "send_mail"]
        assert {(policy.max_attempts, policy.bad_payload) for policy in policies} == {(3, "fail")}
        # What is added under a former name, by a release that knows no other, has it too.
        assert (await client.add_job("mail", "later")).max_attempts == 3


async def test_a_time_out_holds_for_former_names(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task("new", aliases=["old"], timeout=timedelta(milliseconds=50), max_attempts=1)
    async def new() -> None:
        await asyncio.Event().wait()

    async with AsyncClient(database) as client:
        job = await client.add_job("old", max_attempts=1)
        await Worker(database, tasks).run_once()
        shown = await client.show_job(job.id)
        assert shown is not None
        assert (shown.last_error or "").startswith("Timed out after")


async def test_it_adds_jobs_under_its_present_name() -> None:
    tasks, _ = renamed()
    client = RecordingClient()
    await tasks["mail"].add("x", client=client)
    await client.add_job(tasks["old/mail"], "y")
    assert [job.identifier for job in client.jobs] == ["send_mail", "send_mail"]


async def test_run_task_keeps_a_former_name() -> None:
    tasks, ran = renamed()
    await run_task(tasks["send_mail"], "a", make_context("mail"))
    await run_task(tasks["send_mail"], "b", make_context("any other"))
    assert ran == ["a mail", "b send_mail"]


def test_in_batches_and_programs(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.batch("index", aliases=["index_all"])
    async def index(items: list[int]) -> None: ...

    tasks.executable("true", "/bin/true", aliases=["yes"])
    assert list(tasks) == ["index", "index_all", "true", "yes"]
    assert tasks["index_all"] is tasks["index"]
    with Client(database) as client:
        client.add_job("yes")
        client.add_job("index_all", [1])
    assert len(asyncio.run(drain(database, tasks)).check()) == 2


@pytest.mark.parametrize(
    ("identifier", "aliases", "message"),
    [
        (
            "new",
            ["send_mail"],
            r"'send_mail' can't be a name of task 'new': it is the identifier of Task",
        ),
        ("new", ["mail"], r"'mail' can't be a name of task 'new': it is an alias of Task\('send_mail'\)"),
        ("mail", [], r"'mail' can't be a name of task 'mail': it is an alias of Task\('send_mail'\)"),
        ("send_mail", [], "'send_mail' is registered twice"),
        ("new", ["new"], "task 'new' has the alias 'new' twice, or as its identifier"),
        ("new", ["a", "a"], "task 'new' has the alias 'a' twice, or as its identifier"),
        ("new", "mail", "bad aliases 'mail'"),
        ("new", None, "bad aliases None"),
        ("new", [""], "bad task identifier ''"),
        ("new", [3], "bad task identifier 3"),
    ],
)
def test_what_is_refused(identifier: str, aliases: Any, message: str) -> None:
    tasks, _ = renamed()
    with pytest.raises(InvalidArgument, match=message):
        tasks.add(lambda: None, identifier, aliases=aliases)
    assert list(tasks) == ["send_mail", "mail", "old/mail"]
