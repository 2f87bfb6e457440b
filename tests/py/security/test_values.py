"""Values that are too much for the database, for Python or for JSON: refused with nothing added, or no obstacle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from graphile_worker import AsyncClient, Client, JobSpec, PayloadError, TaskRegistry, Worker
from tests.py.security.arguments import add
from tests.py.support.command import invoke, invoke_json


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_payloads_that_are_nested_too_deeply_are_refused(database: str) -> None:
    deep = nested(100_000)
    text = "[" * 100_000 + "]" * 100_000
    with Client(database) as client:
        for refused in (
            lambda: client.add_job("t", deep),
            lambda: client.add_jobs([JobSpec(identifier="t", payload=deep)]),
            lambda: client.add_jobs([JobSpec(identifier="t", payload=msgspec.Raw(text.encode()))]),
        ):
            with pytest.raises(PayloadError):
                refused()
        # PostgreSQL's own limit, max_stack_depth.
        with pytest.raises(psycopg.errors.StatementTooComplex):
            client.add_job("t", msgspec.Raw(text.encode()))
        assert client.stats().total == 0
    result = invoke("add", "t", "--payload", "-", url=database, stdin=text)
    assert result.exit_code == 2
    result = invoke("add", "t", "--payload-file", "-", url=database, stdin=text)
    assert (result.exit_code, result.stderr) == (2, "error: stdin is nested too deeply\n")


@pytest.mark.parametrize("raw", [b"1,2", b"1],[2", b'"a', b"", b"[1", b"{}x", b"nul", b"\xff"])
def test_text_that_claims_to_be_json_does_not_become_other_jobs(shared_database: str, raw: bytes) -> None:
    neighbour = JobSpec(identifier="t", payload="mine")
    with Client(shared_database) as client:
        with pytest.raises(PayloadError, match=r"given as msgspec\.Raw is not JSON"):
            client.add_jobs([JobSpec(identifier="t", payload=msgspec.Raw(raw)), neighbour])
        with pytest.raises((psycopg.errors.DataError, PayloadError)):
            client.add_job("t", msgspec.Raw(raw))
        assert client.stats().total == 0
        assert len(client.add_jobs([JobSpec(identifier="t", payload=msgspec.Raw(rb'"\ud800"')), neighbour])) == 2


@pytest.mark.parametrize("text", ["\0", "\ud800"], ids=["NUL", "lone surrogate"])
@pytest.mark.parametrize("attribute", ["identifier", "queue_name", "job_key", "flags", "job_key_mode"])
def test_texts_that_the_database_can_not_hold_add_nothing(shared_database: str, attribute: str, text: str) -> None:
    given: dict[str, Any] = {"identifier": "t", attribute: [f"a{text}b"] if attribute == "flags" else f"a{text}b"}
    with Client(shared_database) as client:
        with pytest.raises((ValueError, psycopg.DataError)):
            client.add_job(**given)
        if attribute != "job_key_mode":
            for job_key in (None, "k"):
                with pytest.raises((ValueError, psycopg.DataError)):
                    client.add_jobs([JobSpec(**{"job_key": job_key, **given})])
        assert client.stats().total == 0


def test_arguments_that_are_not_utf_8(shared_database: str) -> None:
    # Where a byte of the command line is none, Python has a surrogate.
    result = invoke("add", "a\udcffb", url=shared_database)
    assert (result.exit_code, result.stderr) == (2, "error: the argument a\\xffb is not valid UTF-8\n")


@pytest.mark.parametrize(
    "content", [b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b"\xff\xfe1\x00", b"NaN", b"'a'", b""]
)
def test_payload_files_that_are_not_json(shared_database: str, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "payload"
    file.write_bytes(content)
    result = invoke("add", "t", "--payload-file", str(file), url=shared_database)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {file} is ")
    with Client(shared_database) as client:
        assert client.stats().total == 0


async def test_100_megabytes(database: str) -> None:
    text = "x" * 100_000_000
    tasks = TaskRegistry()
    sizes: list[int] = []

    @tasks.task
    def measure(payload: str) -> None:
        sizes.append(len(payload))
        raise ValueError(payload)

    async with AsyncClient(database) as client:
        job = await client.add_job("measure", text)
        assert len(job.payload) == len(text)
        await Worker(database, tasks).run_once()
        assert sizes == [len(text)]
        # Neither the log nor the error has all of it.
        [listed] = await client.list_jobs()
        assert len(listed.last_error or "") <= 20_000
    with psycopg.connect(database) as connection:
        query = "select length(payload #>> '{}') from graphile_worker.show_job(%s)"
        assert connection.execute(query, [job.id]).fetchone() == (len(text),)


@pytest.mark.parametrize("run_at", ["infinity", "-infinity", "20000-01-01", "4000-01-01 BC"])
def test_an_instant_that_python_lacks_hides_no_other_job(shared_database: str, run_at: str) -> None:
    with psycopg.connect(shared_database) as connection:
        connection.execute("select graphile_worker.add_job('odd', run_at => %s::timestamptz)", [run_at])
    with Client(shared_database) as client:
        ordinary = client.add_job("t").id
        odd, last = (job.id for job in sorted(client.list_jobs(), key=lambda job: job.id))
        assert last == ordinary
        shown = client.show_job(odd)
        assert shown is not None
        assert shown.run_at.year in (1, 9999)
        assert [job.id for job in client.reschedule_jobs([odd], priority=1)] == [odd]
        assert [job.id for job in client.permanently_fail_jobs([odd])] == [odd]
        assert [job.id for job in client.complete_jobs([odd])] == [odd]
    assert len(invoke_json("list", url=shared_database)) == 1


@pytest.mark.parametrize("payload", ["[" * 3000 + "]" * 3000, "9" * 5000, r'"\ud800"', "1e999"])
def test_a_payload_that_python_can_not_read_hides_nothing_either(shared_database: str, payload: str) -> None:
    add(shared_database, "odd", payload)
    with Client(shared_database) as client:
        [job] = client.list_jobs()
        shown = client.show_job(job.id)
        assert shown is not None
        if isinstance(shown.payload, msgspec.Raw):
            assert bytes(shown.payload).decode() == payload
        else:
            assert shown.payload == json.loads(payload)
        assert [changed.id for changed in client.reschedule_jobs([job.id], priority=1)] == [job.id]
    assert invoke("show", str(job.id), url=shared_database).exit_code == 0
    assert payload in invoke("show", str(job.id), "--json", url=shared_database).stdout
