"""Payloads of several versions, and the function that makes older ones into the present one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
import pytest

from graphile_worker import AsyncClient, InvalidArgument, JobContext, PayloadError, Snooze, TaskRegistry, Worker
from graphile_worker.testing import RecordingClient, drain, jobs_of, make_context, run_task


class Mail(msgspec.Struct, forbid_unknown_fields=True):
    email: str
    copies: Decimal = Decimal(1)


@dataclass
class Parcel:
    weight: int


def upgrade(payload: Any, version: int) -> Any:
    if version < 2:
        payload["address"] = payload.pop("to")
    if version < 3:
        payload = {"email": payload["address"]}
    return payload


def registry() -> tuple[TaskRegistry, list[Any]]:
    tasks = TaskRegistry()
    got: list[Any] = []

    @tasks.task(version=3, upgrade=upgrade, bad_payload="fail")
    async def send(payload: Mail) -> None:
        got.append(payload)

    return tasks, got


async def test_payloads_of_every_version_are_run(database: str) -> None:
    tasks, got = registry()
    async with AsyncClient(database) as client:
        await client.add_job("send", {"to": "first"})
        await client.add_job("send", {"_version": 2, "address": "second"})
        await client.add_job(tasks["send"], Mail("third"))
        await client.add_jobs([tasks["send"].spec(Mail("fourth"))])
        await tasks["send"].add(Mail("fifth"), client=client)
    # What is stored is plain JSON, which psql and other languages read.
    assert [job.payload for job in jobs_of(database)][2] == {"_version": 3, "email": "third", "copies": "1"}
    await Worker(database, tasks, concurrency=1).run_once()
    assert [mail.email for mail in got] == ["first", "second", "third", "fourth", "fifth"]


async def test_what_sql_adds_is_of_the_first_version_unless_it_says_another(database: str) -> None:
    tasks, got = registry()
    with psycopg.connect(database) as connection:
        for payload in ('{"to": "first"}', '{"email": "third", "_version": 3}'):
            connection.execute("select graphile_worker.add_job('send', %s::json)", [payload])
    (await drain(database, tasks)).check()
    assert [mail.email for mail in got] == ["first", "third"]


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"too": "x"}, "its upgrade from version 1 raised KeyError: 'to' (test_payload_version.py, line "),
        ({"_version": 2, "address": 3}, "Expected `str`, got `int`"),
        ({"_version": "3", "email": "x"}, "bad _version '3'"),
        ({"_version": 0, "email": "x"}, "bad _version 0"),
        ({"_version": True, "email": "x"}, "bad _version True"),
        ([1], "its upgrade from version 1 raised TypeError"),
    ],
)
async def test_what_does_not_fit_is_a_bad_payload(payload: Any, error: str, database: str) -> None:
    tasks, _ = registry()
    async with AsyncClient(database) as client:
        await client.add_job("send", payload)
    [failed] = (await drain(database, tasks)).failed
    assert error in failed.error
    assert failed.error.startswith("PayloadError: the payload does not fit send: ")
    assert not failed.will_retry


async def test_a_later_version_waits_for_a_worker_that_knows_it(database: str) -> None:
    tasks, got = registry()
    async with AsyncClient(database) as client:
        # Its one attempt is for the worker that can run it. And though a bad payload fails for good: this is none.
        await client.add_job("send", {"_version": 4, "emails": ["later"]}, max_attempts=1)
    await Worker(database, tasks, concurrency=1).run_once()
    [job] = jobs_of(database)
    assert (job.attempts, job.last_error, got) == (0, None, [])
    assert job.run_at > job.created_at

    newer = TaskRegistry()

    @newer.task("send", version=4, upgrade=upgrade)
    async def send(payload: dict[str, list[str]]) -> None:
        got.append(payload["emails"])

    (await drain(database, newer, now=job.run_at)).check()
    assert got == [["later"]]


async def test_a_later_version_is_told_in_tests(database: str) -> None:
    tasks, _ = registry()
    async with AsyncClient(database) as client:
        await client.add_job("send", {"_version": 4})
    drained = await drain(database, tasks)
    assert ([job.payload for job in drained.snoozed], drained.completed, drained.failed) == ([{"_version": 4}], [], [])
    with pytest.raises(Snooze, match="the payload is of version 4, and this worker's send knows 3"):
        await run_task(tasks["send"], {"_version": 4})


async def test_an_absent_payload_is_of_every_version(database: str) -> None:
    tasks = TaskRegistry()
    got: list[Any] = []

    @tasks.task(version=2, upgrade=upgrade)
    async def optional(payload: Parcel | None) -> None:
        got.append(payload)

    @tasks.task(version=2, upgrade=upgrade)
    async def has_default(payload: Parcel = Parcel(1)) -> None:  # noqa: B008
        got.append(payload)

    async with AsyncClient(database) as client:
        await client.add_job("optional")
        await client.add_job(optional)
        await client.add_job(has_default)
    (await drain(database, tasks)).check()
    assert got == [None, None, Parcel(1)]


async def test_numbers_stay_as_they_were_written() -> None:
    tasks, got = registry()
    context = make_context(
        "send", payload_json=b'{"_version": 3, "email": "x", "copies": 0.12345678901234567890123456789}'
    )
    await run_task(tasks["send"], context=context)
    assert got[0].copies == Decimal("0.12345678901234567890123456789")


async def test_a_lone_surrogate_is_no_obstacle() -> None:
    tasks = TaskRegistry()

    @tasks.task(version=2, upgrade=upgrade)
    async def echo(payload: Any) -> Any:
        return payload

    context = make_context("echo", payload_json=b'{"_version": 2, "text": "\\ud800"}')
    assert await run_task(echo, context=context) == {"text": "\ud800"}


async def test_run_task_takes_what_can_be_added_and_old_payloads_that_say_so() -> None:
    tasks, got = registry()
    await run_task(tasks["send"], Mail("present"))
    await run_task(tasks["send"], {"email": "present, too"})
    await run_task(tasks["send"], {"_version": 1, "to": "old"})
    await run_task(tasks["send"], context=make_context("send", {"to": "as in a queue"}))
    assert [mail.email for mail in got] == ["present", "present, too", "old", "as in a queue"]


async def test_the_job_keeps_the_payload_that_it_was_added_with() -> None:
    tasks = TaskRegistry()

    @tasks.task(version=2, upgrade=lambda payload, version: {"email": payload["to"]})
    def send(payload: dict[str, str], context: JobContext) -> Any:
        return payload, context.job.payload

    assert await run_task(send, {"_version": 1, "to": "a"}) == ({"email": "a"}, {"_version": 1, "to": "a"})


async def test_adding_what_has_no_place_for_a_version() -> None:
    tasks = TaskRegistry()

    @tasks.task(version=2, upgrade=upgrade)
    async def anything(payload: Any) -> None: ...

    client = RecordingClient()
    with pytest.raises(PayloadError, match="an int, has no place for a version"):
        await client.add_job(anything, 3)
    with pytest.raises(PayloadError, match="says _version 1, and jobs are added with 2"):
        await client.add_job(anything, {"_version": 1})
    await client.add_job(anything, {"_version": 2, "a": 1})
    await client.add_job(anything)
    assert [job.payload for job in client.jobs] == [{"_version": 2, "a": 1}, {}]


async def _awaited(payload: Any, version: int) -> Any: ...


def _yields(payload: Any, version: int) -> Any:
    yield payload


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"version": 2}, "has a version without the other"),
        ({"upgrade": upgrade}, "has an upgrade without the other"),
        ({"version": 1, "upgrade": upgrade}, "bad version 1"),
        ({"version": True, "upgrade": upgrade}, "bad version True"),
        ({"version": "2", "upgrade": upgrade}, "bad version '2'"),
        ({"version": 2, "upgrade": "upgrade"}, "bad upgrade 'upgrade'"),
        ({"version": 2, "upgrade": _awaited}, "bad upgrade .*, a plain one that returns the payload"),
        ({"version": 2, "upgrade": _yields}, "bad upgrade .*, a plain one that returns the payload"),
        ({"version": 2, "upgrade": lambda payload: payload}, r"bad upgrade .*: def upgrade\(payload, version\)"),
        ({"version": 2, "upgrade": upgrade, "is_batch": True}, "is a batch, and can't have a version"),
    ],
)
def test_what_is_refused(options: dict[str, Any], message: str) -> None:
    async def handler(payload: dict[str, Any]) -> None: ...

    with pytest.raises(InvalidArgument, match=message):
        TaskRegistry().add(handler, "it", **options)


def test_what_reads_no_payload_has_no_version() -> None:
    tasks = TaskRegistry()
    with pytest.raises(InvalidArgument, match="is without a payload"):
        tasks.add(lambda: None, "it", version=2, upgrade=upgrade)
    with pytest.raises(InvalidArgument, match="is a program"):
        tasks.executable("it", "/bin/sh", version=2, upgrade=upgrade)
