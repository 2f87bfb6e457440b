"""Payloads and errors that are made to do harm: a job may fail by them, the worker and the jobs beside it may not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graphile_worker import AsyncClient, TaskRegistry, Worker, migrate
from graphile_worker.testing import drain
from tests import support
from tests.py.security.arguments import add
from tests.py.security.hostile import PAYLOADS
from tests.py.support import process_tasks

ENCODINGS = ["UTF8", "LATIN1", "SQL_ASCII"]

# What a handler does with it.
HANDLERS: dict[str, Callable[[Any], Any]] = {}


def handler(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    HANDLERS[function.__name__] = function
    return function


@handler
def says_it(payload: Any) -> None:
    raise ValueError(payload)


@handler
def looks_it_up(payload: Any) -> None:
    {}[str(payload)]


@handler
def exits(payload: Any) -> None:
    raise SystemExit(payload)


@handler
def can_not_be_told(payload: Any) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError(payload)

    raise Mute


def fails_all(items: list[Any]) -> list[str]:
    return [f"bad {item!r}" for item in items]


def fails_with_errors(items: list[Any]) -> list[ValueError]:
    return [ValueError(item) for item in items]


@pytest.fixture(scope="module", params=ENCODINGS)
def encoded_database(server_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    with support.encoded_database(server_url, request.param) as url:
        migrate(url)
        yield url


def taken(url: str) -> list[tuple[str, str]]:
    """Error and payload of every job, which are then removed."""
    with psycopg.connect(url, client_encoding="utf8") as connection:
        rows = connection.execute(
            "delete from graphile_worker._private_jobs where locked_by is null returning last_error, payload::text"
        ).fetchall()
        left = connection.execute("select count(*) from graphile_worker._private_jobs").fetchone()
    assert left == (0,), "a worker that is gone still holds jobs"
    return rows


async def test_no_payload_and_no_error_ends_a_worker(encoded_database: str) -> None:
    tasks = TaskRegistry()
    for name, function in HANDLERS.items():
        tasks.add(function, name)
    tasks.add(fails_all, "fails_all", is_batch=True)
    tasks.add(fails_with_errors, "fails_with_errors", is_batch=True)
    done: list[Any] = []
    tasks.add(done.append, "harmless")
    added = []
    for payload in PAYLOADS.values():
        for task in HANDLERS:
            added.append(payload)
            add(encoded_database, task, payload)
        for task in ("fails_all", "fails_with_errors"):
            added.append(f"[{payload}, 1]")
            add(encoded_database, task, added[-1])
        # In the same batch, to be handed in with them.
        add(encoded_database, "harmless", "1")

    await Worker(encoded_database, tasks, concurrency=50).run_once()
    assert done == [1] * len(PAYLOADS)
    failed = taken(encoded_database)
    assert all(error for error, _ in failed)
    # Nothing was lost on the way; of a batch all items failed, so that all are kept.
    assert sorted(compact(payload) for _, payload in failed) == sorted(map(compact, added))


def compact(document: str) -> str:
    """Without the spaces that writing a batch anew may change."""
    return document.replace(" ", "")


async def test_a_batch_keeps_items_as_they_were_written(database: str) -> None:
    items = ["1e999", "1.10", "123456789012345678901234567890", r'"\u0041"', '{"a": 1, "a": 2}']
    tasks = TaskRegistry()

    @tasks.batch("all_but_one")
    def all_but_one(given: list) -> list[str | None]:
        return [None, *["no"] * (len(given) - 1)]

    add(database, "all_but_one", f"[0, {', '.join(items)}]")
    await Worker(database, tasks).run_once()
    assert taken(database) == [("BatchPartlyFailed: 5 of 6 items failed; the first: no", f"[{','.join(items)}]")]


async def test_bytes_that_are_no_text(encoded_database: str) -> None:
    """A SQL_ASCII database takes any bytes from a client that says SQL_ASCII, too."""
    with psycopg.connect(encoded_database, autocommit=True) as connection:
        if connection.info.parameter_status("server_encoding") != "SQL_ASCII":
            pytest.skip("such bytes get into no other database")
        connection.execute("set client_encoding to sql_ascii")
        for argument in (
            b"payload => '\"\xff\"'",
            b"queue_name => '\xff'",
            b"job_key => '\xff'",
            b"flags => array['\xff']",
        ):
            connection.execute(b"select graphile_worker.add_job('harmless', " + argument + b")")
    tasks = TaskRegistry()
    done: list[Any] = []
    tasks.add(done.append, "harmless")
    await Worker(encoded_database, tasks).run_once()
    assert done == [{}, {}, {}]
    [(error, _)] = taken_as_bytes(encoded_database)
    assert error.startswith(b"PayloadError: the payload does not fit harmless")


def taken_as_bytes(url: str) -> list[tuple[bytes, bytes]]:
    with psycopg.connect(url) as connection:
        connection.execute("set client_encoding to sql_ascii")
        return connection.execute(
            "delete from graphile_worker._private_jobs where locked_by is null"
            " returning convert_to(last_error, 'SQL_ASCII'), convert_to(payload::text, 'SQL_ASCII')"
        ).fetchall()


async def test_the_same_in_a_test_of_an_application(database: str) -> None:
    tasks = TaskRegistry()
    tasks.add(says_it, "says_it")
    add(database, "says_it", r'"\ud800 \u0000"')
    drained = await drain(database, tasks)
    assert [job.error.partition("\n")[0] for job in drained.failed] == [r"ValueError: \ud800 \0"]


async def test_an_exception_that_can_not_be_sent_harms_no_other_process(database: str, tmp_path: Path) -> None:
    async with AsyncClient(database) as client:
        process_tasks.tasks.use(client)
        odd = await process_tasks.raise_what_can_not_be_sent.add(priority=-1)
        await process_tasks.write_pid.add({"path": str(tmp_path / "pid")})
        await Worker(database, process_tasks.tasks, concurrency=1).run_once()
        job = await client.show_job(odd.id)
    assert job is not None
    assert (job.last_error or "").startswith("Unsendable: x\n")
    assert (tmp_path / "pid").exists()
