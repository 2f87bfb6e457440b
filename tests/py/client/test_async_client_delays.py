"""Delays: by the server's clock, in every call that adds jobs, and only where they are given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import AsyncClient, Client, InvalidJob, JobSpec, PayloadError, TaskRegistry, Unique
from graphile_worker.testing import RecordingClient, drain, jobs_of

HOUR = timedelta(hours=1)
# Some of these end in another season, when the time zone has another offset.
DAYS = [timedelta(days=days, microseconds=1) for days in (0, 60, 120, 180, 240, 300)]


async def test_it_is_counted_from_the_now_of_the_server(shared_database: str) -> None:
    """Within a transaction that stands still, so the times are exact, and none of them can be the client's."""
    async with await psycopg.AsyncConnection.connect(shared_database) as connection:
        await connection.execute("set time zone 'Europe/Berlin'")
        now = (await (await connection.execute("select now()")).fetchall())[0][0]
        client = AsyncClient(connection)
        for delay in DAYS:
            due = now.astimezone(UTC) + delay
            assert (await client.add_job("t", delay=delay)).run_at == due
            assert (await client.add_job("t", priority=1, delay=delay)).run_at == due
            assert (await client.add_job("t", delay=delay, unique=Unique(key=str(delay)))).run_at == due
        for many in ({}, {"job_key": "k"}):
            specs = [JobSpec(identifier="many", delay=delay, **many) for delay in DAYS[:1]]
            specs += [JobSpec(identifier="many", delay=delay) for delay in DAYS[1:]]
            specs += [JobSpec(identifier="many", run_at=now + HOUR), JobSpec(identifier="many")]
            assert await run_ats(connection, await client.add_jobs(specs)) == expected(now)
        specs = [JobSpec(identifier="u", payload=n, delay=delay) for n, delay in enumerate(DAYS)]
        specs += [JobSpec(identifier="u", payload="a", run_at=now + HOUR), JobSpec(identifier="u", payload="b")]
        found = await client.add_unique_jobs(specs, Unique())
        assert await run_ats(connection, [job.id for job in found]) == expected(now)
        await connection.rollback()


def expected(now: datetime) -> list[datetime]:
    return [*(now.astimezone(UTC) + delay for delay in DAYS), now + HOUR, now]


async def run_ats(connection: psycopg.AsyncConnection[Any], ids: list[int]) -> list[datetime]:
    text = "select j.run_at from unnest(%s::bigint[]) with ordinality as i (id, n) join graphile_worker.jobs as j"
    cursor = await connection.execute(f"{text} on j.id = i.id order by i.n", [ids])  # type: ignore[arg-type]
    return [row[0] for row in await cursor.fetchall()]


def test_the_plain_client_has_them(database: str) -> None:
    with Client(database) as client:
        first = client.add_job("t", {"n": 1}, delay=HOUR, job_key="k")
        assert first.run_at - first.created_at == HOUR
        # What waits keeps its time, and a shorter delay does not bring it forward.
        kept = client.add_job("t", {"n": 2}, delay=timedelta(0), job_key="k", job_key_mode="preserve_run_at")
        assert (kept.id, kept.run_at, kept.payload) == (first.id, first.run_at, {"n": 2})
        replaced = client.add_job("t", {"n": 3}, delay=timedelta(0), job_key="k")
        assert (replaced.id, replaced.run_at) == (first.id, replaced.updated_at)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delay": HOUR, "run_at": datetime(2030, 1, 1, tzinfo=UTC)}, "bad delay 1:00:00. The job has a run_at, .*20"),
        ({"delay": -HOUR}, "bad delay -1 day, 23:00:00. It is 0 to 10 years"),
        ({"delay": timedelta(days=4000)}, "bad delay 4000 days, 0:00:00. It is 0 to 10 years"),
        ({"delay": 30}, r"bad delay 30. It is a timedelta, not an int: timedelta\(seconds=30\)"),
        ({"delay": float("nan")}, r"bad delay nan. It is a timedelta, not a float: timedelta\(seconds=30\)"),
        ({"delay": 10**20}, r"It is a timedelta, not an int: timedelta\(seconds=30\)"),
    ],
)
def test_what_is_no_delay_is_refused(shared_database: str, options: dict[str, Any], message: str) -> None:
    with Client(shared_database) as client:
        for unique in (None, Unique()):
            with pytest.raises(InvalidJob, match=message):
                client.add_job("refused", unique=unique, **options)
        of_spec = message.replace(". ", " of a 'refused' job. ", 1)
        specs = [JobSpec(identifier="t"), JobSpec(identifier="refused", **options)]
        with pytest.raises(InvalidJob, match=of_spec):
            client.add_jobs(specs)
        with pytest.raises(InvalidJob, match=of_spec):
            client.add_unique_jobs(specs, Unique())
        assert jobs_of(shared_database, "refused") == []


async def test_a_client_without_a_database_records_them() -> None:
    client = RecordingClient()
    await client.add_job("t", delay=HOUR)
    await client.add_job("t", delay=HOUR, unique=Unique())
    await client.add_jobs([JobSpec(identifier="t", delay=HOUR), JobSpec(identifier="t")])
    assert [(job.delay, job.run_at) for job in client.jobs] == [(HOUR, None), (HOUR, None), (HOUR, None), (None, None)]
    with pytest.raises(InvalidJob, match="bad delay"):
        await client.add_jobs([JobSpec(identifier="t", delay=-HOUR)])


async def test_drain_leaves_what_is_delayed(database: str) -> None:
    tasks = TaskRegistry()

    @tasks.task
    async def nag(payload: dict[str, int]) -> None:
        if payload["n"]:
            await nag.add({"n": payload["n"] - 1}, delay=HOUR)

    async with AsyncClient(database) as client:
        await nag.add({"n": 3}, client=client)
        await drain(database, tasks)
        (waiting,) = jobs_of(database, "nag")
        assert waiting.payload == {"n": 2}
        with pytest.raises(PayloadError):
            await nag.add({"n": "x"}, client=client, delay=HOUR)  # type: ignore[dict-item]
