"""Jobs that are very large: the page is sent a beginning that says so, and can have all of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from graphile_worker import AsyncClient
from tests.py.support.admin import Api, api
from tests.py.support.sessions import connect

DEEP = b"[" * 900 + b",".join([b"1"] * 500_000) + b"]" * 900


@pytest.fixture
async def page(shared_database: str) -> AsyncIterator[Api]:
    async with api(shared_database) as opened:
        yield opened


async def add(url: str, payload: bytes, **options: object) -> int:
    async with AsyncClient(url) as client:
        return (await client.add_job("large", msgspec.Raw(payload), **options)).id  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "payload", [DEEP, b'"' + "é".encode() * 1_000_000 + b'"'], ids=["900 levels around a long array", "a long text"]
)
async def test_a_payload_of_a_megabyte(page: Api, shared_database: str, payload: bytes) -> None:
    job_id = await add(shared_database, payload)
    response = await page.http.get(f"/api/jobs/{job_id}")
    assert len(response.content) < 500_000
    job = response.json()["job"]
    assert (job["payload"], job["payload_cut"], job["payload_bytes"]) == (None, True, len(payload))
    assert payload.decode().startswith(job["payload_text"])
    assert 50_000 <= len(job["payload_text"]) <= 100_000
    raw = await page.http.get(f"/api/jobs/{job_id}/payload")
    assert raw.content == payload
    assert raw.headers["content-disposition"] == f'attachment; filename="job-{job_id}.json"'


async def test_a_short_payload_of_many_levels(page: Api, shared_database: str) -> None:
    """A layout of 90 kB would take 80 MB: it is shown as it is, all of it."""
    payload = b"[" * 900 + b",".join([b"1"] * 40_000) + b"]" * 900
    job_id = await add(shared_database, payload)
    job = (await page.get(f"jobs/{job_id}"))["job"]
    assert (job["payload_cut"], job["payload_text"]) == (False, payload.decode())


async def test_an_error_of_megabytes_and_a_hundred_thousand_flags(page: Api, shared_database: str) -> None:
    job_id = await add(shared_database, b"{}", flags=[f"flag{n}" for n in range(100_000)])
    error = "first\n" + "x" * 5_000_000 + "\nlast"
    async with AsyncClient(shared_database) as client:
        await client.permanently_fail_jobs([job_id], error)
    response = await page.http.get("/api/jobs")
    assert len(response.content) < 500_000
    listed = response.json()["jobs"][0]
    assert (listed["id"], listed["error_line"], listed["last_error_cut"]) == (job_id, "first", True)
    response = await page.http.get(f"/api/jobs/{job_id}")
    assert len(response.content) < 500_000
    job = response.json()["job"]
    assert (len(job["flags"]), job["flags_left_out"]) == (100, 99_900)
    assert job["last_error_cut"]
    assert error.startswith(job["last_error"])
    assert (await page.http.get(f"/api/jobs/{job_id}/error")).text == error


async def test_a_worker_whose_name_is_a_megabyte_long(page: Api, shared_database: str) -> None:
    with connect(shared_database) as connection:
        connection.execute("select add_job('held')")
        connection.execute("select get_jobs(%s, '{held}')", ["w" * 200_000])
        connection.execute("select worker_heartbeat(%s, %s::json)", ["w" * 200_000, '{"x": "%s"}' % ("y" * 1_000_000)])
    for address in ("jobs", "workers", "overview"):
        response = await page.http.get(f"/api/{address}")
        assert response.status_code == 200
        assert len(response.content) < 500_000, address
    (job,) = (await page.get("jobs", state="locked"))["jobs"]
    assert job["locked_by"].endswith("(200000 characters)")


async def test_there_is_no_payload_of_no_job(page: Api) -> None:
    await page.get("jobs/999999999/payload", status=404)
    await page.get("jobs/999999999/error", status=404)
