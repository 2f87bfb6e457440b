"""add_jobs of the client: every value arrives, in order, with keys or without; what can't be added is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest

from graphile_worker import AsyncClient, Client, InvalidJob, JobSpec, PayloadError
from graphile_worker.testing import jobs_of
from tests.py.support.sessions import connect, ids

AT = datetime(2031, 2, 3, 4, 5, 6, 789012, timezone(timedelta(hours=5, minutes=30)))
SPECS: list[dict[str, Any]] = [
    {"identifier": "a"},
    {"identifier": "b", "payload": {"text": 'ü " \\ \x00 \u2028', "n": [1, 2.5, None, True]}, "queue_name": 'q " \\'},
    {"identifier": "a", "payload": [], "run_at": AT},
    {"identifier": "a", "payload": 0, "max_attempts": 1, "priority": -32768},
    {"identifier": "a", "payload": "text", "max_attempts": 32767, "priority": 32767},
    {"identifier": "c", "payload": False, "flags": ["red", 'bl"ue', "red"]},
    {"identifier": "c", "flags": []},
    {"identifier": "a", "queue_name": "r", "run_at": AT.astimezone(UTC), "flags": ("red",)},
]


@dataclass
class Order:
    id: int
    at: datetime


@pytest.fixture
def monitor(shared_database: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(shared_database) as connection:
        yield connection


def expected(spec: dict[str, Any], added_at: datetime) -> tuple[Any, ...]:
    payload = spec.get("payload")
    return (
        spec["identifier"],
        {} if payload is None else payload,
        spec.get("queue_name"),
        spec.get("run_at", added_at),
        spec.get("max_attempts", 25),
        spec.get("priority", 0),
        dict.fromkeys(spec.get("flags") or (), True) or None,
        spec.get("job_key"),
    )


def check(monitor: psycopg.Connection[Any], specs: list[dict[str, Any]], job_ids: list[int]) -> None:
    rows = monitor.execute(
        """
        select
          v.task_identifier, j.payload, v.queue_name, v.run_at, v.max_attempts, v.priority, v.flags, v.key, v.created_at
        from unnest(%s::bigint[]) with ordinality as i (id, ordinal)
        join jobs as v on v.id = i.id
        join _private_jobs as j on j.id = i.id
        order by i.ordinal
        """,
        [job_ids],
    ).fetchall()
    assert [row[:-1] for row in rows] == [expected(spec, row[-1]) for spec, row in zip(specs, rows, strict=True)]


@pytest.mark.parametrize("keys", [False, True], ids=["no keys", "keys"])
def test_every_value_arrives(shared_database: str, monitor: psycopg.Connection[Any], keys: bool) -> None:
    specs = [{**spec, "job_key": f'k"{n}'} if keys and n % 2 else spec for n, spec in enumerate(SPECS)]
    with Client(shared_database) as client:
        check(monitor, specs, client.add_jobs(JobSpec(**spec) for spec in specs))
        # Each alone is one of the cases where nothing, or everything, is null.
        monitor.execute("truncate _private_jobs")
        for spec in specs:
            check(monitor, [spec], client.add_jobs([JobSpec(**spec)]))


async def test_in_a_transaction_of_the_caller(shared_database: str, monitor: psycopg.Connection[Any]) -> None:
    async with await psycopg.AsyncConnection.connect(shared_database) as connection:
        job_ids = await AsyncClient(connection).add_jobs(JobSpec(**spec) for spec in SPECS)
        assert jobs_of(shared_database) == []
        await connection.commit()
        check(monitor, SPECS, job_ids)
        await AsyncClient(connection).add_jobs([JobSpec(identifier="never")])
        await connection.rollback()
    assert len(jobs_of(shared_database)) == len(SPECS)


def test_odd_settings_of_the_database(shared_database: str, monitor: psycopg.Connection[Any]) -> None:
    options = "options=-c%20datestyle%3DGerman%20-c%20timezone%3DAsia/Kolkata%20-c%20intervalstyle%3Diso_8601"
    with Client(f"{shared_database}{'&' if '?' in shared_database else '?'}{options}") as client:
        check(monitor, SPECS, client.add_jobs(JobSpec(**spec) for spec in SPECS))


def test_values_of_many_kinds(shared_database: str) -> None:
    with Client(shared_database) as client:
        client.add_jobs([JobSpec(identifier="t", payload=Order(7, AT)), JobSpec(identifier="t", payload=(1, {2}))])
    first, second = jobs_of(shared_database)
    assert first.payload == {"id": 7, "at": AT.isoformat()}
    assert second.payload == [1, [2]]


@pytest.mark.parametrize("key", [None, "k"])
@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ({"payload": {"f": print}}, PayloadError, "the payload, a dict, can't be written as JSON"),
        ({"priority": 32768}, InvalidJob, "bad priority 32768 of a 't' job"),
        ({"max_attempts": -32769}, InvalidJob, "bad max_attempts -32769 of a 't' job"),
        ({"max_attempts": 0}, InvalidJob, "bad max_attempts 0"),
        ({"queue_name": ""}, InvalidJob, "bad queue name ''"),
        ({"identifier": ""}, InvalidJob, "bad task identifier ''"),
        ({"flags": [""]}, InvalidJob, "bad flags"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_one_bad_spec_and_none_is_added(
    shared_database: str, spec: dict[str, Any], error: type[Exception], message: str, key: str | None
) -> None:
    bad = JobSpec(**{"identifier": "t", "job_key": key, **spec})
    with Client(shared_database) as client, pytest.raises(error, match=message):
        client.add_jobs([JobSpec(identifier="t", payload=1), bad, JobSpec(identifier="t", payload=2)])
    assert jobs_of(shared_database) == []


def test_none_at_all(shared_database: str) -> None:
    with Client(shared_database) as client:
        assert client.add_jobs([]) == []
        assert client.add_jobs(JobSpec(identifier="t") for _ in ()) == []


def test_the_table_is_analyzed_after_ten_thousand(database: str) -> None:
    known = "select reltuples::bigint from pg_class where oid = '_private_jobs'::regclass"
    with Client(database) as client, connect(database) as connection:
        # Nobody else does it meanwhile.
        connection.execute("alter table _private_jobs set (autovacuum_enabled = off)")
        client.add_jobs([JobSpec(identifier="t")] * 9_999)
        assert ids(connection, known)[0] <= 0
        assert len(client.add_jobs([JobSpec(identifier="t")] * 10_000)) == 10_000
        assert ids(connection, known) == [19_999]
        client.add_jobs([JobSpec(identifier="t")] * 10_000)
        assert ids(connection, known) == [19_999]


def test_jobs_are_added_where_the_table_cannot_be_analyzed(database: str, caplog: pytest.LogCaptureFixture) -> None:
    with Client(database) as client, connect(database) as connection:
        connection.execute("drop function analyze_jobs(integer)")
        assert len(client.add_jobs([JobSpec(identifier="t")] * 10_000)) == 10_000
    assert "could not be analyzed" in caplog.text
