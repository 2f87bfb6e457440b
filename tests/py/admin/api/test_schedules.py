"""Schedules on the admin page: listed, tried out, set, paused, run and removed; what only reads may not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graphile_worker import AsyncClient
from tests.py.support.admin import Api, api
from tests.py.support.sessions import connect

PAYLOAD = '{"n": 12345678901234567890}'


@pytest.fixture
async def page(database: str) -> AsyncIterator[Api]:
    async with api(database) as opened:
        yield opened


@pytest.fixture
async def client(database: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(database) as opened:
        yield opened


async def listed(page: Api, **query: Any) -> list[str]:
    return [row["identifier"] for row in (await page.get("schedules", **query))["schedules"]]


async def test_a_schedule_is_set_shown_and_removed(page: Api, database: str) -> None:
    wanted = {
        "cron": "0 8 * * 1",
        "time_zone": "Europe/Vienna",
        "task": "send",
        "queue_name": "mail",
        "priority": 5,
        "max_attempts": 3,
        "job_key": "k",
        "job_key_mode": "preserve_run_at",
        "starts_at": "2026-01-01T00:00:00Z",
        "ends_at": "2099-01-01T00:00:00Z",
        "skip_if_running": True,
    }
    lengths = {"backfill_secs": 60, "jitter_secs": 0.5}
    assert await page.post("schedules/set", schedule="s", payload_text=PAYLOAD, create=True, **wanted, **lengths) == {
        "is_new": True
    }
    shown = (await page.get("schedules/show", schedule="s"))["schedule"]
    assert {name: shown[name] for name in wanted} == wanted
    assert (shown["backfill"], shown["jitter"], shown["payload_text"]) == (60, 0.5, PAYLOAD)
    [row] = (await page.get("schedules"))["schedules"]
    assert (row["words"], len(row["next_ticks"])) == ("at 08:00 on Monday (Europe/Vienna)", 3)
    assert "payload" not in row
    assert await page.post("schedules/set", schedule="s", every_secs=90) == {"is_new": False}
    shown = (await page.get("schedules/show", schedule="s"))["schedule"]
    assert (shown["cron"], shown["every"], shown["payload_text"], shown["task"]) == (None, 90, None, "s")
    assert (await page.post("schedules/set", 409, schedule="s", every_secs=1, create=True))["error"][
        "code"
    ] == "conflict"
    assert await page.post("schedules/remove", schedule="s") == {"changed": True}
    assert await page.post("schedules/remove", schedule="s") == {"changed": False}
    assert (await page.get("schedules/show", 404, schedule="s"))["error"]["hint"] == "It may have been removed"


async def test_a_payload_that_fits_no_form_says_so(page: Api, client: AsyncClient) -> None:
    await client.set_schedule("s", cron="* * * * *", payload={"text": "x" * 100_000})
    error = (await page.get("schedules/show", 400, schedule="s"))["error"]
    assert "too many for a form" in error["message"]
    assert await listed(page) == ["s"]


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("bad_request", {"cron": "* * * * *"}),
        ("bad_request", {"schedule": "s", "every_secs": 0.5}),
        ("bad_request", {"schedule": "s", "every_secs": 5, "payload_text": "{"}),
        ("bad_request", {"schedule": "s", "every_secs": 5, "starts_at": "2026-01-01T00:00:00"}),
        ("GWBSC", {"schedule": "s"}),
        ("GWBSC", {"schedule": "s", "cron": "* * * * *", "every_secs": 5}),
        ("GWBSC", {"schedule": "s", "cron": "0 0 30 2 *"}),
        ("GWBSC", {"schedule": "s", "every_secs": 5, "payload_text": "[]"}),
        ("GWBTZ", {"schedule": "s", "cron": "* * * * *", "time_zone": "Europe/Wien"}),
    ],
)
async def test_a_bad_schedule_is_explained(page: Api, code: str, body: dict[str, Any]) -> None:
    error = (await page.post("schedules/set", 400, **body))["error"]
    assert (error["code"], bool(error["message"])) == (code, True)
    assert await listed(page) == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"cron": "*/30 1-4 * * *", "time_zone": "Europe/Vienna"},
        {"every": timedelta(minutes=25)},
        {"every": timedelta(seconds=1.5)},
    ],
)
@pytest.mark.parametrize("starts", [timedelta(days=-30), timedelta(days=30)])
async def test_the_ticks_of_the_preview_are_those_of_the_schedule(
    page: Api, client: AsyncClient, wanted: dict[str, Any], starts: timedelta
) -> None:
    bounds = {"starts_at": datetime.now(UTC) + starts}
    await client.set_schedule("s", **wanted, **bounds)
    asked = {name: value for name, value in wanted.items() if name != "every"}
    if "every" in wanted:
        asked["every_secs"] = wanted["every"].total_seconds()
    # What passes between the two questions may be a tick: the ones before are asked for, too.
    [before] = await client.list_schedules(tick_count=10)
    found = await page.get("schedules/preview", **asked, starts_at=bounds["starts_at"].isoformat())
    ticks = [datetime.fromisoformat(tick) for tick in found["next_ticks"]]
    [after] = await client.list_schedules(tick_count=10, ticks_after=ticks[0] - timedelta(microseconds=1))
    assert ticks == after.next_ticks[:5]
    assert ticks[0] >= before.next_ticks[0]


async def test_the_preview_ends_where_the_schedule_ends(page: Api) -> None:
    asked = {"cron": "0 0 1 1 *", "starts_at": "2090-01-01T00:00:00Z", "ends_at": "2091-01-01T00:00:00Z"}
    found = await page.get("schedules/preview", **asked)
    assert found == {"next_ticks": ["2090-01-01T00:00:00Z", "2091-01-01T00:00:00Z"]}
    for code, bad in (("GWBSC", {"cron": "0 0 * *"}), ("GWBTZ", {**asked, "time_zone": "Mars"}), ("bad_request", {})):
        assert (await page.get("schedules/preview", 400, **bad))["error"]["code"] == code


async def test_pages_search_and_states(page: Api, client: AsyncClient, database: str) -> None:
    for name in ("a", "b", "c"):
        await client.set_schedule(name, cron="* * * * *", task=f"Task_{name}")
    await client.pause_schedule("b")
    with connect(database) as connection:
        connection.execute("update _private_schedules set error = 'no' where identifier = 'c'")
    first = await page.get("schedules", limit=2)
    assert ([row["identifier"] for row in first["schedules"]], first["next"]) == (["a", "b"], "b")
    second = await page.get("schedules", limit=2, after="b")
    assert ([row["identifier"] for row in second["schedules"]], second["next"]) == (["c"], None)
    assert await listed(page, search="task_A") == ["a"]
    assert await listed(page, state="paused") == ["b"]
    assert await listed(page, state="failing") == ["c"]
    assert (await page.get("schedules", 400, state="lost"))["error"]["code"] == "bad_request"


async def test_paused_resumed_and_run(page: Api, client: AsyncClient) -> None:
    await client.set_schedule("s", cron="* * * * *")
    body = {"schedule": "s", "reason": "why", "until": "2099-01-01T00:00:00Z"}
    assert await page.post("schedules/pause", **body) == {"changed": True}
    assert await page.post("schedules/pause", **body) == {"changed": False}
    [row] = (await page.get("schedules"))["schedules"]
    assert (row["pause_reason"], row["paused_until"]) == ("why", "2099-01-01T00:00:00Z")
    [paused] = (await page.get("paused"))["paused"]
    assert (paused["kind"], paused["name"]) == ("schedule", "s")
    assert await page.post("schedules/resume", schedule="s") == {"changed": True}
    job = await client.show_job((await page.post("schedules/run-now", schedule="s"))["id"])
    assert job is not None
    assert job.task_identifier == "s"
    for path in ("pause", "resume", "run-now"):
        assert (await page.post(f"schedules/{path}", 404, schedule="x"))["error"]["code"] == "GWUSC"


async def test_an_entry_of_a_crontab_is_changed_in_its_file(page: Api, database: str) -> None:
    with connect(database) as connection:
        connection.execute("""select publish_schedules('crontab', '[{"task": "f", "cron": "* * * * *", "line": 2}]')""")
    [row] = (await page.get("schedules"))["schedules"]
    assert (row["source"], row["is_in_file"]) == ("crontab:2", True)
    for path, body in (("set", {"schedule": "f", "every_secs": 5}), ("remove", {"schedule": "f"})):
        error = (await page.post(f"schedules/{path}", 400, **body))["error"]
        assert (error["code"], "crontab:2" in error["message"]) == ("GWROS", True)
    assert await page.post("schedules/pause", schedule="f") == {"changed": True}


async def test_who_only_reads_sees_them_and_changes_none(client: AsyncClient, database: str) -> None:
    await client.set_schedule("s", cron="* * * * *")
    async with api(database, read_only=True) as page:
        assert await listed(page) == ["s"]
        assert len((await page.get("schedules/preview", every_secs=5))["next_ticks"]) == 5
        for path in ("set", "remove", "pause", "resume", "run-now"):
            body = {"schedule": "s", **({"every_secs": 5} if path == "set" else {})}
            assert (await page.post(f"schedules/{path}", 403, **body))["error"]["code"] == "read_only"
    [schedule] = await client.list_schedules()
    assert (schedule.cron, schedule.paused_at, schedule.last_job_id) == ("* * * * *", None, None)
