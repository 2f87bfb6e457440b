"""Changes to jobs on the admin page: of those selected, by filter, by key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graphile_worker import AsyncClient, JobSpec
from tests.py.support.admin import CSRF_HEADER, Api, api
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


async def test_actions_change_the_selected_jobs_that_do_not_run(
    page: Api, client: AsyncClient, shared_database: str
) -> None:
    added = await client.add_jobs(
        JobSpec(identifier="t", run_at=datetime.now(UTC) + timedelta(days=1)) for _ in range(6)
    )
    running = (await client.add_job("hold")).id
    assert claim(shared_database, "w1", ["hold"]) == [running]

    async def act(action: str, *job_ids: int, **more: Any) -> tuple[int, list[int], list[int]]:
        dry = await page.post("jobs/action", action=action, ids=[*job_ids, running], dry_run=True, **more)
        done = await page.post("jobs/action", action=action, ids=[*job_ids, running], **more)
        assert dry == {**done, "dry_run": True}
        return done["changed"], done["ids"], done["skipped"]

    assert await act("run-now", added[0]) == (1, None, None)
    due = (await page.get(f"jobs/{added[0]}"))["job"]
    assert (due["state"], due["run_at"]) == ("ready", due["updated_at"])
    assert await act("fail", *added[1:4], reason="by hand") == (3, None, None)
    assert (await page.get(f"jobs/{added[1]}"))["job"]["last_error"] == "by hand"
    assert await act("retry", added[1]) == (1, [added[1]], [running])
    retried = (await page.get(f"jobs/{added[1]}"))["job"]
    assert (retried["state"], retried["attempts"]) == ("ready", 0)
    assert await act("reschedule", added[4], run_at="2099-01-01T00:00:00Z", priority=7, max_attempts=9) == (
        1,
        [added[4]],
        [running],
    )
    moved = (await page.get(f"jobs/{added[4]}"))["job"]
    assert (moved["run_at"], moved["priority"], moved["max_attempts"]) == ("2099-01-01T00:00:00Z", 7, 9)
    assert await act("complete", added[5]) == (1, [added[5]], [running])
    await page.get(f"jobs/{added[5]}", 404)
    assert await act("remove", added[2], added[3]) == (2, None, None)
    assert set(await ids(page)) == {added[0], added[1], added[4], running}


async def test_what_has_failed_keeps_its_error_and_is_not_said_to_run(page: Api, client: AsyncClient) -> None:
    failed, waiting = await client.add_jobs(JobSpec(identifier="t") for _ in range(2))
    await client.permanently_fail_jobs([failed], "the cause")
    for action in ("run-now", "fail"):
        dry = await page.post("jobs/action", action=action, ids=[failed, waiting], dry_run=True)
        assert (dry["changed"], dry["failed_already"]) == (1, 1)
        done = await page.post("jobs/action", action=action, ids=[failed, waiting], reason="by hand")
        assert (done["changed"], done["failed_already"]) == (1, 1)
        job = (await page.get(f"jobs/{failed}"))["job"]
        assert (job["state"], job["last_error"]) == ("failed", "the cause")
    assert (await page.get(f"jobs/{waiting}"))["job"]["last_error"] == "by hand"


@pytest.mark.parametrize(
    "body",
    [
        {"action": "explode", "ids": [1]},
        {"action": "complete", "ids": []},
        {"action": "complete", "ids": list(range(1001))},
        {"action": "complete", "ids": ["1"]},
        {"action": "complete", "ids": [2**63]},
        {"action": "complete"},
        {"action": "complete", "ids": [1], "priority": 1},
        {"action": "reschedule", "ids": [1]},
        {"action": "reschedule", "ids": [1], "priority": 40000},
    ],
)
async def test_a_bad_action_is_explained(page: Api, body: dict[str, Any]) -> None:
    assert (await page.post("jobs/action", 400, **body))["error"]["message"]


async def test_changes_by_filter_go_in_chunks_and_are_counted_first(page: Api, client: AsyncClient) -> None:
    added = await client.add_jobs(JobSpec(identifier="mail") for _ in range(25))
    await client.permanently_fail_jobs(added, "timed out")
    other = await client.add_jobs(JobSpec(identifier="other") for _ in range(5))
    await client.permanently_fail_jobs(other, "no")

    async def all_chunks(**body: Any) -> int:
        changed, after_id = 0, 0
        while True:
            chunk = await page.post("jobs/bulk", after_id=after_id, max_jobs=10, **body)
            changed += chunk["changed"]
            assert chunk["changed"] <= 10
            if not chunk["more"]:
                return changed
            after_id = chunk["last_id"]

    by_error = {"task": "mail", "error_like": "timed"}
    dry = await page.post("jobs/bulk", action="retry", filter=by_error, dry_run=True)
    assert (dry["changed"], dry["filter"], dry["more"]) == (25, {**by_error, "state": "failed"}, False)
    assert await all_chunks(action="retry", filter=by_error, dry_run=True) == 25
    assert await ids(page, state="ready") == []
    assert await all_chunks(action="retry", filter=by_error) == 25
    assert await ids(page, state="failed") == other[::-1]
    assert await all_chunks(action="fail", filter={"task": "mail"}, reason="enough") == 25
    assert await all_chunks(action="reschedule", filter={"ids": other}, priority=3) == 5
    assert {job["priority"] for job in (await page.get("jobs", task="other"))["jobs"]} == {3}
    assert await all_chunks(action="remove", filter={"state": "failed"}) == 30
    assert await ids(page) == []


async def test_an_action_has_a_state_of_its_own(page: Api, client: AsyncClient) -> None:
    usual = (await page.get("default-states"))["default_states"]
    assert usual == await client.list_default_states()
    failed, waiting = await client.add_jobs(JobSpec(identifier="t") for _ in range(2))
    await client.permanently_fail_jobs([failed], "no")
    of_how_many = {"retry": 1, "fail": 1, "complete": 2, "remove": 2, "reschedule": 2, "cancel": 1}
    for action, changed in of_how_many.items():
        dry = await page.post("jobs/bulk", action=action, filter={"task": "t"}, dry_run=True)
        of_all = usual[action] == "all"
        assert (dry["changed"], dry["filter"]) == (
            changed,
            {"task": "t"} | ({} if of_all else {"state": usual[action]}),
        )
        # Every job there is: only where that is not what is meant.
        if of_all:
            await page.post("jobs/bulk", 400, action=action, filter={}, dry_run=True)
        else:
            assert (await page.post("jobs/bulk", action=action, filter={}, dry_run=True))["changed"] == 1
    assert await ids(page) == [waiting, failed]


async def test_a_count_leaves_out_what_the_change_would(page: Api, client: AsyncClient, shared_database: str) -> None:
    replaced = await client.add_job("t", job_key="k")
    claim(shared_database, "w1", ["t"])
    await client.add_job("other", job_key="k")
    with connect(shared_database) as connection:
        connection.execute("select fail_jobs('w1', array[%s], array['no'])", [replaced.id])
    await client.add_job("t")
    for action, of_both in (("retry", 1), ("reschedule", 1), ("remove", 2)):
        body = {"action": action, "filter": {"task": "t", "state": "all"}}
        assert (await page.post("jobs/bulk", **body, dry_run=True))["changed"] == of_both
        if action == "retry":
            assert (await page.post("jobs/bulk", **body))["changed"] == of_both


async def test_a_change_by_filter_needs_one(page: Api) -> None:
    assert (await page.post("jobs/bulk", 400, action="remove", filter={}))["error"]["code"] == "GWNFI"
    assert (await page.post("jobs/bulk", 400, action="remove", filter={"state": "locked"}))["error"]["message"]
    assert (await page.post("jobs/bulk", 404, action="fail", filter={"task": "nope"}))["error"]["code"] == "GWUTK"
    assert (await page.post("jobs/bulk", 400, action="reschedule", filter={"state": "all"}))["error"]["message"]


async def test_jobs_are_cancelled_running_ones_too(page: Api, client: AsyncClient, shared_database: str) -> None:
    waits, runs, unheard = [(await client.add_job("t", queue_name=f"q{n}")).id for n in range(3)]
    with connect(shared_database) as connection:
        connection.execute("select worker_heartbeat('graphile_worker_1')")
        connection.execute("select id from get_jobs('node', '{t}')")
        connection.execute("select id from get_jobs('graphile_worker_1', '{t}')")
    (waits, runs, unheard) = (unheard, runs, waits)
    body = {"action": "cancel", "ids": [waits, runs, unheard, 2**40], "reason": "wrong file"}
    dry = await page.post("jobs/action", **body, dry_run=True)
    assert not any(job["is_cancelled"] for job in (await page.get("jobs"))["jobs"])
    done = await page.post("jobs/action", **body)
    assert dry == {**done, "dry_run": True}
    assert (done["changed"], done["asked"], done["unheard"], done["skipped"]) == (3, 2, 1, [2**40])
    for job_id, state, hears in ((waits, "failed", None), (runs, "locked", True), (unheard, "locked", False)):
        job = (await page.get(f"jobs/{job_id}"))["job"]
        assert (job["state"], job["is_cancelled"], job["error_line"], job.get("worker_hears")) == (
            state,
            hears is not None,
            "Cancelled: wrong file",
            hears,
        )


async def test_jobs_that_match_are_cancelled(page: Api, client: AsyncClient, shared_database: str) -> None:
    await client.add_jobs(JobSpec(identifier="t") for _ in range(3))
    claim(shared_database, "w1", ["t"])
    for state, number in (("locked", 1), ("unfinished", 3), ("ready", 2), (None, 3)):
        filters = {"task": "t"} | ({"state": state} if state else {})
        dry = await page.post("jobs/bulk", action="cancel", filter=filters, dry_run=True)
        assert dry["changed"] == number
    done = await page.post("jobs/bulk", action="cancel", filter={"task": "t"}, reason="no", remove=True)
    assert done["changed"] == 3
    (left,) = (await page.get("jobs"))["jobs"]
    assert (left["state"], left["is_cancelled"], left["last_error"]) == ("locked", True, "Cancelled: no")


async def test_only_cancel_takes_remove(page: Api) -> None:
    for path, body in (("action", {"ids": [1]}), ("bulk", {"filter": {"task": "t"}})):
        error = (await page.post(f"jobs/{path}", 400, action="fail", remove=True, **body))["error"]
        assert error["message"] == "fail takes no remove"


async def test_who_only_reads_cancels_nothing(client: AsyncClient, shared_database: str) -> None:
    job = (await client.add_job("t")).id
    async with api(shared_database, read_only=True) as page:
        for path, body in (("action", {"ids": [job]}), ("bulk", {"filter": {"task": "t"}})):
            assert (await page.post(f"jobs/{path}", action="cancel", dry_run=True, **body))["changed"] == 1
            assert (await page.post(f"jobs/{path}", 403, action="cancel", **body))["error"]["code"] == "read_only"
        assert (await page.get(f"jobs/{job}"))["job"]["state"] == "ready"


async def test_a_job_is_removed_by_its_key(page: Api, client: AsyncClient, shared_database: str) -> None:
    job = await client.add_job("t", job_key="k")
    dry = await page.post("jobs/remove-by-key", job_key="k", dry_run=True)
    assert (dry["job"]["id"], dry["job"]["key"], dry["removed"]) == (job.id, "k", False)
    assert await ids(page) == [job.id]
    done = await page.post("jobs/remove-by-key", job_key="k")
    assert (done["job"]["id"], done["removed"]) == (job.id, True)
    assert await ids(page) == []
    none = await page.post("jobs/remove-by-key", job_key="k")
    assert (none["job"], none["removed"]) == (None, False)
    running = await client.add_job("t", job_key="k")
    claim(shared_database, "w1", ["t"])
    kept = await page.post("jobs/remove-by-key", job_key="k")
    assert (kept["job"]["id"], kept["removed"]) == (running.id, False)
    assert await ids(page) == [running.id]


async def test_a_key_goes_by_the_name_that_the_rust_runtime_has_for_it(page: Api, client: AsyncClient) -> None:
    job = await client.add_job("t", job_key="k")
    assert (await page.post("jobs/remove-by-key", key="k"))["job"]["id"] == job.id
    for body in ({}, {"key": "k", "job_key": "l"}, {"key": ""}):
        assert (await page.post("jobs/remove-by-key", 400, **body))["error"]["message"]


async def test_no_reason_is_the_usual_one(page: Api, client: AsyncClient) -> None:
    added = await client.add_jobs(JobSpec(identifier="t") for _ in range(3))
    for job_id, body in zip(added, ({}, {"reason": None}, {"reason": ""}), strict=True):
        await page.post("jobs/action", action="fail", ids=[job_id], **body)
        assert (await page.get(f"jobs/{job_id}"))["job"]["last_error"] == "Manually marked as failed"


async def test_a_change_is_seen_at_once(page: Api, client: AsyncClient) -> None:
    job = await client.add_job("t")
    # Kept for others to see, but not beyond a change.
    for _ in range(3):
        assert await ids(page) == [job.id]
    assert (await page.get("overview"))["stats"]["ready"] == 1
    await page.post("jobs/action", action="complete", ids=[job.id])
    assert await ids(page) == []
    assert (await page.get("overview"))["stats"]["ready"] == 0


async def test_changes_are_logged_and_payloads_are_not(page: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "graphile_worker")
    job = await page.post("jobs", 201, identifier="t", payload={"iban": "DE00"}, payload_text='{"iban": "DE00"}')
    await page.post("jobs/action", action="complete", ids=[job["id"]], dry_run=True)
    await page.post("jobs/bulk", action="remove", filter={"task": "t"})
    lines = [record.message for record in caplog.records]
    assert lines == [
        f"admin page: none: /jobs {{'identifier': 't'}} -> {job['id']}",
        "admin page: none: /jobs/bulk {'action': 'remove', 'filter': BulkFilter(task='t')} -> 1",
    ]
    assert page.csrf is not None
    assert page.csrf not in caplog.text
    assert CSRF_HEADER not in caplog.text
