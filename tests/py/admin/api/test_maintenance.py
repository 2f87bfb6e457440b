"""Maintenance on the admin page: what would happen, then what did."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from graphile_worker import AsyncClient, JobSpec
from tests import support
from tests.py.support.admin import Api, api
from tests.py.support.sessions import connect, ids


@pytest.fixture
async def page(shared_database: str) -> AsyncIterator[Api]:
    async with api(shared_database) as opened:
        yield opened


@pytest.fixture
async def client(shared_database: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(shared_database) as opened:
        yield opened


def hold(url: str, worker_id: str, *, age: str | None = None, heartbeat: str | None = None) -> list[int]:
    """Has a worker claim everything; `age` of its locks, and how long ago it was last heard of."""
    with connect(url) as connection:
        held = ids(connection, "select id from get_jobs(%s, '{t}', 100)", [worker_id])
        if age is not None:
            for table in ("_private_jobs", "_private_job_queues"):
                connection.execute(
                    f"update {table} set locked_at = now() - %s::interval where locked_by = %s", [age, worker_id]
                )
        if heartbeat is not None:
            connection.execute("select worker_heartbeat(%s)", [worker_id])
            connection.execute("update _private_workers set last_heartbeat_at = now() - %s::interval", [heartbeat])
    return held


async def test_cleanup_goes_in_chunks_and_says_what_it_removed(page: Api, client: AsyncClient) -> None:
    await client.permanently_fail_jobs(await client.add_jobs(JobSpec(identifier="t", queue_name="q") for _ in range(5)))
    await client.add_job("kept")
    dry = await page.post("maintenance", action="cleanup", dry_run=True)
    # Without the failed jobs nothing is left of their task and queue.
    assert dry["removed"] == {
        "delete_permanently_failed_jobs": 5,
        "gc_task_identifiers": 1,
        "gc_job_queues": 1,
    }
    assert (dry["estimated"], dry["at_least"]) == ([], [])
    names = await page.post(
        "maintenance", action="cleanup", tasks=["gc_task_identifiers", "gc_job_queues"], dry_run=True
    )
    assert (names["removed"], names["names"]) == (
        {"gc_task_identifiers": 0, "gc_job_queues": 0},
        {"gc_task_identifiers": [], "gc_job_queues": []},
    )
    all_of_it = await page.post("maintenance", action="cleanup", max_rows=3, dry_run=True)
    assert all_of_it["removed"] == dry["removed"]
    assert (await page.get("overview"))["stats"]["failed"] == 5
    only = {"tasks": ["delete_permanently_failed_jobs"], "max_rows": 3}
    first = await page.post("maintenance", action="cleanup", **only)
    assert (first["removed"], first["more"]) == ({"delete_permanently_failed_jobs": 3}, True)
    second = await page.post("maintenance", action="cleanup", **only)
    assert (second["removed"], second["more"]) == ({"delete_permanently_failed_jobs": 2}, False)
    unused = await page.post("maintenance", action="cleanup", dry_run=True)
    assert unused["names"] == {"gc_task_identifiers": ["t"], "gc_job_queues": ["q"]}
    rest = await page.post("maintenance", action="cleanup")
    assert rest["removed"] == {"delete_permanently_failed_jobs": 0, "gc_task_identifiers": 1, "gc_job_queues": 1}
    assert (await page.get("overview"))["stats"]["total"] == 1


async def test_cleanup_by_the_names_of_the_rust_runtime(page: Api, client: AsyncClient) -> None:
    await client.permanently_fail_jobs([(await client.add_job("t", queue_name="q")).id])
    for name, task in (
        ("cleanup_tasks", "delete-permanently-failed-jobs"),
        ("tasks", "gc-task-identifiers"),
        ("cleanup_tasks", "gc_job_queues"),
    ):
        for dry_run in (True, False):
            answer = await page.post("maintenance", action="cleanup", dry_run=dry_run, **{name: [task]})
            assert answer["removed"] == {task.replace("-", "_"): 1}
    for body in (
        {"cleanup_tasks": []},
        {"tasks": []},
        {"tasks": ["gc-job-queues"], "cleanup_tasks": ["gc_job_queues"]},
    ):
        assert (await page.post("maintenance", 400, action="cleanup", **body))["error"]["code"] == "bad_request"


async def test_workers_are_unlocked_by_force(page: Api, client: AsyncClient, shared_database: str) -> None:
    await client.add_jobs(JobSpec(identifier="t", queue_name=queue) for queue in ("q", "r", None))
    assert len(hold(shared_database, "w1")) == 3
    for dry_run, still_locked in ((True, 3), (False, 0)):
        answer = await page.post("maintenance", action="force-unlock", worker_ids=["w1", "w2"], dry_run=dry_run)
        assert (answer["locked_jobs"], answer["locked_queues"], answer["dry_run"]) == (3, 2, dry_run)
        assert [worker["worker_id"] for worker in answer["workers"]] == ["w1"]
        assert (await page.get("overview"))["stats"]["locked"] == still_locked
    again = await page.post("maintenance", action="force-unlock", worker_ids=["w1"])
    assert (again["workers"], again["locked_jobs"]) == ([], 0)


async def test_expired_locks_are_released(page: Api, client: AsyncClient, shared_database: str) -> None:
    await client.add_job("t")
    held = hold(shared_database, "w1", age="5 hours")
    none = await page.post("maintenance", action="release-expired-locks", max_age_secs=6 * 3600)
    assert none["released"] == []
    dry = await page.post("maintenance", action="release-expired-locks", dry_run=True)
    assert [(worker["worker_id"], worker["locked_jobs"]) for worker in dry["workers"]] == [("w1", 1)]
    assert [(lock["job_id"], lock["worker_id"]) for lock in dry["released"]] == [(held[0], "w1")]
    younger = await page.post("maintenance", action="release-expired-locks", dry_run=True, max_age_secs=6 * 3600)
    assert younger["workers"] == []
    done = await page.post("maintenance", action="release-expired-locks")
    assert [(lock["job_id"], lock["worker_id"]) for lock in done["released"]] == [(held[0], "w1")]


async def test_dead_workers_are_swept(page: Api, client: AsyncClient, shared_database: str) -> None:
    await client.add_jobs(JobSpec(identifier="t") for _ in range(3))
    held = hold(shared_database, "graphile_worker_dead", heartbeat="10 minutes")
    patient = await page.post("maintenance", action="sweep-stale-workers", sweep_threshold_secs=1200, dry_run=True)
    assert patient["workers"] == []
    usual = {"sweep_threshold_secs": None, "recovery_delay_secs": None}
    dry = await page.post("maintenance", action="sweep-stale-workers", dry_run=True, **usual)
    (dead,) = dry["workers"]
    assert (dead["worker_id"], dead["recovered_jobs"]) == ("graphile_worker_dead", 3)
    assert dead["last_heartbeat_at"] is not None
    assert (dry["recovered_jobs"], dry["dry_run"]) == (3, True)
    assert (await page.get("overview"))["stats"]["locked"] == 3
    done = await page.post("maintenance", action="sweep-stale-workers", recovery_delay_secs=3600)
    assert (done["recovered_jobs"], done["given_up_jobs"], done["skipped_jobs"]) == (3, 0, 0)
    stats = (await page.get("overview"))["stats"]
    assert (stats["locked"], stats["scheduled"], stats["workers"]) == (0, 3, 0)
    assert sorted(job["id"] for job in (await page.get("jobs", state="scheduled"))["jobs"]) == sorted(held)


async def test_workers_that_may_be_well_are_not_swept(page: Api, client: AsyncClient, shared_database: str) -> None:
    await client.add_job("t")
    hold(shared_database, "graphile_worker_well", heartbeat="50 seconds")
    # The database's to say: two heartbeats of the slowest.
    refused = await page.post("maintenance", 400, action="sweep-stale-workers", sweep_threshold_secs=59)
    assert refused["error"]["code"] == "GWBTH"
    assert "60 s or more" in refused["error"]["hint"]
    assert (await page.post("maintenance", action="sweep-stale-workers", sweep_threshold_secs=60))["workers"] == []


async def test_a_schema_that_is_up_to_date_is_left_alone(page: Api) -> None:
    plan = await page.post("maintenance", action="migrate", dry_run=True)
    assert (plan["steps"], plan["up_to_date"]) == ([], True)
    done = await page.post("maintenance", action="migrate")
    assert (done["applied"], done["bundle_replaced"]) == ([], False)


async def test_functions_of_another_release_are_replaced(database: str) -> None:
    with connect(database) as connection:
        connection.execute("comment on function stats() is 'changed'; update _private_bundle set checksum = 'x'")
    async with api(database) as page:
        plan = await page.post("maintenance", action="migrate", dry_run=True)
        assert [step["description"] for step in plan["steps"]]
        done = await page.post("maintenance", action="migrate")
        assert (done["applied"], done["bundle_replaced"]) == ([], True)
    assert support.scalar(database, "select obj_description('graphile_worker.stats()'::regprocedure)") != "changed"


@pytest.mark.parametrize(
    "body",
    [
        {"action": "drop-everything"},
        {"action": "cleanup", "tasks": ["drop_everything"]},
        {"action": "cleanup", "max_rows": 0},
        {"action": "force-unlock"},
        {"action": "force-unlock", "worker_ids": []},
        {"action": "release-expired-locks", "max_age_secs": -1},
        {"action": "sweep-stale-workers", "sweep_threshold_secs": -1},
        {},
    ],
)
async def test_bad_maintenance_is_explained(page: Api, body: dict[str, Any]) -> None:
    assert (await page.post("maintenance", 400, **body))["error"]["message"]
