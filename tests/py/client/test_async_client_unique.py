"""Unique jobs of the clients: what is new, what was there, in transactions, through tasks and hooks, and workers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import (
    AsyncClient,
    BeforeJobSchedule,
    Client,
    Hooks,
    InvalidJob,
    JobRow,
    JobSpec,
    Proceed,
    Skip,
    TaskRegistry,
    Unique,
    UniqueJob,
)
from graphile_worker.testing import drain, jobs_of

HOUR = timedelta(hours=1)


async def test_a_job_that_is_there_is_the_answer(database: str) -> None:
    async with AsyncClient(database) as client:
        first = await client.add_job("sync", {"user": 7, "at": 1}, priority=3, unique=Unique(by=["user"]))
        again = await client.add_job("sync", {"at": 2, "user": 7}, unique=Unique(by=["user"]))
        assert (first.is_new, again.is_new) == (True, False)
        assert (again.id, again.payload, again.priority) == (first.id, {"user": 7, "at": 1}, 3)
        other = await client.add_job("sync", {"user": 8}, unique=Unique(by=["user"]))
        assert other.is_new
        assert (await client.add_job("sync", {"user": 7})).is_new


def test_every_value_arrives(shared_database: str) -> None:
    with Client(shared_database) as client:
        unique = Unique(key="k", until="completed", within=HOUR)
        job = client.add_job("t", ["\0"], queue_name="q", max_attempts=2, flags=["f"], unique=unique)
        assert (job.payload, job.max_attempts, job.flags) == (["\0"], 2, {"f": True})
        assert [found.queue_name for found in jobs_of(shared_database, "t")] == ["q"]
        client.permanently_fail_jobs([job.id])
        assert not client.add_job("t", unique=unique).is_new
        assert client.add_job("t", unique=Unique(key="k")).is_new


async def test_what_is_done_stays_the_answer_for_its_period(database: str) -> None:
    tasks = TaskRegistry()
    ran: list[Any] = []

    @tasks.task("report", unique=Unique(within=HOUR))
    async def report(payload: dict[str, int]) -> None:
        ran.append(payload)

    async with AsyncClient(database) as client:
        tasks.use(client)
        first = await report.add({"year": 2030})
        await drain(database, tasks)
        again = await report.add({"year": 2030})
        assert (again.id, again.is_new, again.is_available) == (first.id, False, False)
        assert again.created_at == first.created_at
        assert (await report.add({"year": 2030}, unique=None)).is_new
        assert (await report.add({"year": 2030}, unique=Unique(key="other"))).is_new
        with pytest.raises(InvalidJob, match="leave out job_key"):
            await report.add({"year": 2030}, job_key="k")
        await drain(database, tasks)
    assert ran == [{"year": 2030}] * 3


async def test_in_a_transaction_of_the_caller(database: str) -> None:
    async with AsyncClient(database) as client, await psycopg.AsyncConnection.connect(database) as connection:
        undone = await AsyncClient(connection).add_job("t", unique=Unique())
        await connection.rollback()
        job = await client.add_job("t", unique=Unique())
        assert job.is_new
        assert job.id != undone.id


def test_many(shared_database: str) -> None:
    specs = [
        JobSpec(identifier=identifier, payload={"user": user, "n": n}, queue_name="q", flags=["f"])
        for n, (identifier, user) in enumerate([("sync", 2), ("sync", 1), ("mail", 1), ("sync", 2)])
    ]
    with Client(shared_database) as client:
        there = client.add_job("sync", {"user": 1}, unique=Unique(by=["user"]))
        found = client.add_unique_jobs(iter(specs), Unique(by=["user"], within=HOUR))
        assert [job.is_new for job in found] == [True, False, True, False]
        assert found[3].id == found[0].id
        assert found[1] == UniqueJob(id=there.id, is_new=False)
        job = client.show_job(found[2].id)
        assert job is not None
        assert (job.task_identifier, job.payload, job.queue_name) == ("mail", {"user": 1, "n": 2}, "q")
        assert job.flags == {"f": True}
        assert client.add_unique_jobs([], Unique()) == []


async def test_hooks_have_their_say(database: str) -> None:
    hooks = Hooks()

    @hooks.on(BeforeJobSchedule)
    def decide(event: BeforeJobSchedule) -> Proceed | Skip:
        return Skip() if event.identifier == "no" else Proceed(payload="the same")

    async with AsyncClient(database, hooks=hooks) as client:
        found = await client.add_unique_jobs([JobSpec(identifier=i, payload=i) for i in ("a", "no", "a")], Unique())
        assert [job.is_new for job in found] == [True, False]
        assert not (await client.add_job("a", "other", unique=Unique())).is_new


@pytest.mark.parametrize(
    ("payload", "unique", "message"),
    [
        ({"a": 1}, Unique(by=["user"]), "the payload has nothing at 'user'"),
        ("\0", Unique(), "the payload can be no unique key.*Give a unique key of your own"),
        (None, Unique(key="k" * 513), "bad unique key 'k+' .513 characters"),
    ],
)
def test_what_makes_no_key_is_refused(shared_database: str, payload: Any, unique: Unique, message: str) -> None:
    with Client(shared_database) as client, pytest.raises(InvalidJob, match=message):
        client.add_job("t", payload, unique=unique)


async def test_plain_handlers_add_them_too(database: str) -> None:
    tasks = TaskRegistry()
    added: list[JobRow] = []

    @tasks.task(unique=Unique())
    def next_one(payload: int) -> None: ...

    @tasks.task
    def first_one() -> None:
        added.extend(next_one.add(7) for _ in range(2))

    with Client(database) as client:
        client.add_job("first_one")
    await drain(database, tasks)
    assert [job.is_new for job in added] == [True, False]
