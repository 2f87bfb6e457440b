"""Jobs on the admin page: lists, one, and new ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool

from graphile_worker import AsyncClient, JobSpec
from tests.py.support.admin import Api, api
from tests.py.support.sessions import connect


@pytest.fixture
async def page(shared_database: str) -> AsyncIterator[Api]:
    async with api(shared_database) as opened:
        yield opened


@pytest.fixture
async def client(shared_database: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(shared_database) as opened:
        yield opened


def claim(url: str, worker_id: str, tasks: list[str], count: int = 1) -> list[int]:
    with connect(url) as connection:
        return [r[0] for r in connection.execute("select id from get_jobs(%s, %s, %s)", [worker_id, tasks, count])]


async def ids(page: Api, **query: Any) -> list[int]:
    return [job["id"] for job in (await page.get("jobs", **query))["jobs"]]


async def test_jobs_are_paged_from_the_newest_on_and_back(page: Api, client: AsyncClient) -> None:
    added = (await client.add_jobs(JobSpec(identifier="t") for _ in range(25)))[::-1]
    first = await page.get("jobs", limit=10)
    assert [job["id"] for job in first["jobs"]] == added[:10]
    assert (first["limit"], first["complete"], first["next_id"]) == (10, False, added[9])
    assert await ids(page, limit=10, before_id=added[9]) == added[10:20]
    last = await page.get("jobs", limit=10, before_id=added[19])
    assert ([job["id"] for job in last["jobs"]], last["complete"], last["next_id"]) == (added[20:], True, None)
    assert await ids(page, limit=10, after_id=added[20]) == added[10:20]
    assert await ids(page, limit=10, offset=20) == added[20:]


async def test_jobs_are_filtered(page: Api, client: AsyncClient, shared_database: str) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    failed = (await client.add_job("mail", queue_name="q")).id
    await client.permanently_fail_jobs([failed], "no such address")
    scheduled = (await client.add_job("mail", run_at=later)).id
    ready = (await client.add_job("resize", {"file": "cat.png"}, queue_name="q")).id
    await client.add_job("hold")
    (locked,) = claim(shared_database, "w1", ["hold"])
    for query, expected in (
        ({}, [locked, ready, scheduled, failed]),
        ({"state": "ready"}, [ready]),
        ({"state": "scheduled"}, [scheduled]),
        ({"state": "waiting"}, [ready, scheduled]),
        ({"state": "locked"}, [locked]),
        ({"state": "failed"}, [failed]),
        ({"task": "mail"}, [scheduled, failed]),
        ({"identifier": "mail", "state": "failed"}, [failed]),
        ({"queue": "q"}, [ready, failed]),
        ({"search": "cat.png"}, [ready]),
        ({"search": "address"}, [failed]),
        ({"search": ""}, [locked, ready, scheduled, failed]),
    ):
        assert await ids(page, **query) == expected, query
    shown = {job["id"]: job for job in (await page.get("jobs"))["jobs"]}
    assert (shown[locked]["state"], shown[locked]["locked_by"]) == ("locked", "w1")
    assert "payload" not in shown[ready]


async def test_a_search_says_how_far_it_looked(page: Api, client: AsyncClient) -> None:
    added = await client.add_jobs(JobSpec(identifier="t", payload={"n": n}) for n in range(30))
    found = await page.get("jobs", search="nowhere", max_rows=10)
    assert (found["jobs"], found["looked_at"], found["complete"]) == ([], 10, False)
    assert found["next_id"] == added[20]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": "0"}, "bad_request"),
        ({"limit": "ten"}, "bad_request"),
        ({"offset": "-1"}, "bad_request"),
        ({"offset": "10001"}, "bad_request"),
        ({"before_id": "99999999999999999999"}, "bad_request"),
        ({"before_id": "1", "after_id": "1"}, "bad_request"),
        ({"task": "a", "identifier": "b"}, "bad_request"),
        ({"state": "gone"}, "bad_request"),
        ({"search": "x" * 201}, "bad_request"),
        ({"search": "\0"}, "bad_request"),
        ({"sort": "id"}, "bad_request"),
    ],
)
async def test_a_bad_query_is_explained(page: Api, query: dict[str, str], code: str) -> None:
    error = (await page.get("jobs", 400, **query))["error"]
    assert error["code"] == code
    assert error["message"]


async def test_a_page_has_at_most_500_jobs(page: Api, client: AsyncClient) -> None:
    await client.add_jobs(JobSpec(identifier="t") for _ in range(501))
    found = await page.get("jobs", limit=501)
    assert (len(found["jobs"]), found["limit"], found["complete"]) == (500, 500, False)


async def test_names_that_were_never_used_are_said_to_be_unknown(page: Api) -> None:
    assert (await page.get("jobs", 404, task="nope"))["error"]["code"] == "GWUTK"
    assert (await page.get("jobs", 404, queue="nope"))["error"]["code"] == "GWUQU"


async def test_a_job_is_shown_as_it_stands_in_the_database(
    page: Api, client: AsyncClient, shared_database: str
) -> None:
    job = await client.add_job("t", job_key="k", flags=["slow"])
    payload = '{"big": 12345678901234567890123, "exact": 0.10, "odd": "\\ud800", "huge": 1e999, "n": 1, "n": 2}'
    with connect(shared_database) as connection:
        connection.execute("update _private_jobs set payload = %s, run_at = 'infinity'", [payload])
    await client.permanently_fail_jobs([job.id], "line one\n  line two\n" + "x" * 400)
    response = await page.http.get(f"/api/jobs/{job.id}")
    assert payload in response.text
    shown = response.json()["job"]
    assert "12345678901234567890123" in shown["payload_text"]
    assert shown["payload_bytes"] == len(payload)
    assert shown["run_at"] == "infinity"
    assert (shown["state"], shown["key"], shown["flags"]) == ("failed", "k", {"slow": True})
    assert shown["last_error"].startswith("line one\n  line two\n")
    (listed,) = (await page.get("jobs"))["jobs"]
    assert listed["last_error_cut"]
    assert listed["last_error"] == shown["last_error"][:300]
    assert listed["error_line"] == "line one"
    traceback = "Traceback (most recent call last):\n" + '  File "x.py", line 1, in f\n' * 50 + "ValueError: no\n\n"
    await client.permanently_fail_jobs([job.id], traceback)
    (listed,) = (await page.get("jobs", state="failed"))["jobs"]
    assert listed["error_line"] == "ValueError: no"


async def test_a_payload_is_pretty_printed(page: Api, client: AsyncClient) -> None:
    job = await client.add_job("t", {"a": [1, 2.50]})
    shown = (await page.get(f"jobs/{job.id}"))["job"]
    assert shown["payload_text"] == '{\n  "a": [\n    1,\n    2.5\n  ]\n}'
    assert shown["payload"] == {"a": [1, 2.5]}


@pytest.mark.parametrize("job_id", ["0", "1x", "99999999999999999999", "9" * 6000, "-1"])
async def test_a_job_that_is_not_there(page: Api, job_id: str) -> None:
    assert (await page.get(f"jobs/{job_id}", 404))["error"]["code"] == "not_found"


async def test_a_pool_of_the_callers_shows_the_same(shared_database: str, client: AsyncClient) -> None:
    job = await client.add_job("t", {"a": 12345678901234567890123, "ü": ["<"]})
    async with AsyncConnectionPool(shared_database, min_size=1, open=False) as pool:
        async with api(pool) as page:
            shown = (await page.get(f"jobs/{job.id}"))["job"]
            assert shown["payload"] == {"a": 12345678901234567890123, "ü": ["<"]}
            assert not (await page.get("session"))["can_migrate"]
            assert (await page.post("maintenance", 409, action="migrate"))["error"]["code"] == "conflict"
            assert not (await page.post("jobs/remove-by-key", job_key="none"))["removed"]
        assert not pool.closed


async def test_a_job_is_added_with_all_it_can_have(page: Api, client: AsyncClient) -> None:
    answer = await page.post(
        "jobs",
        201,
        identifier="t",
        payload={"n": 1},
        queue_name="q",
        run_at="2099-01-01T00:00:00+01:00",
        max_attempts=3,
        job_key="k",
        priority=-5,
        flags=["slow"],
    )
    job = answer["job"]
    assert not answer["updated"]
    assert (job["task_identifier"], job["queue_name"], job["payload"]) == ("t", "q", {"n": 1})
    assert (job["run_at"], job["state"]) == ("2098-12-31T23:00:00Z", "scheduled")
    assert (job["max_attempts"], job["priority"], job["key"], job["flags"]) == (3, -5, "k", {"slow": True})
    again = await page.post("jobs", 201, identifier="t", payload_text='{"n": 12345678901234567890}', job_key="k")
    assert (again["id"], again["updated"]) == (answer["id"], True)
    found = await client.show_job(answer["id"])
    assert found is not None
    assert found.payload == {"n": 12345678901234567890}


async def test_a_job_is_added_by_the_names_of_the_rust_runtime(page: Api, client: AsyncClient) -> None:
    body: dict[str, Any] = {"identifier": "t", "queue": "q", "key": "k"}
    later = (await page.post("jobs", 201, **body, run_at="2099-01-01T00:00:00Z"))["job"]
    assert (later["queue_name"], later["key"]) == ("q", "k")
    for mode in ("preserve-run-at", "preserve_run_at", "unsafe-dedupe", "unsafe_dedupe"):
        again = (await page.post("jobs", 201, **body, job_key_mode=mode, run_at="2098-01-01T00:00:00Z"))["job"]
        assert (again["id"], again["run_at"]) == (later["id"], later["run_at"])
    replaced = (await page.post("jobs", 201, **body, job_key_mode="replace", run_at="2098-01-01T00:00:00Z"))["job"]
    assert (replaced["id"], replaced["run_at"]) == (later["id"], "2098-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "body",
    [
        {"queue": "q", "queue_name": "r"},
        {"key": "k", "job_key": "l"},
        {"job_key_mode": "preserve-run-at"},
        {"job_key_mode": "preserve_run-at", "key": "k"},
    ],
)
async def test_names_that_contradict_each_other(page: Api, body: dict[str, str]) -> None:
    assert (await page.post("jobs", 400, identifier="t", **body))["error"]["code"] == "bad_request"
    assert await ids(page) == []


async def test_what_the_database_refuses_is_explained(page: Api) -> None:
    for body, code in (
        ({"identifier": "x" * 200}, "GWBID"),
        ({"identifier": "t", "queue_name": "q" * 200}, "GWBQN"),
        ({"identifier": "t", "flags": [""]}, "GWBFL"),
    ):
        error = (await page.post("jobs", 400, **body))["error"]
        assert error["code"] == code
        assert error["hint"]
