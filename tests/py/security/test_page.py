"""The admin page over rows that were made to do harm: each is shown, and hides no other."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.py.security.arguments import add
from tests.py.security.hostile import EVIL, PAYLOADS
from tests.py.support.admin import api

INSTANTS = ["infinity", "-infinity", "20000-01-01", "4000-01-01 BC"]


@pytest.fixture
def hostile_database(shared_database: str) -> str:
    for payload in PAYLOADS.values():
        add(shared_database, "t", payload)
    with psycopg.connect(shared_database) as connection:
        for run_at in INSTANTS:
            connection.execute("select graphile_worker.add_job('t', run_at => %s::timestamptz)", [run_at])
        connection.execute(
            "select graphile_worker.add_job"
            "(%(evil)s, %(document)s, %(evil)s, job_key => %(evil)s, flags => array[%(evil)s])",
            {"evil": EVIL, "document": json.dumps({EVIL: EVIL})},
        )
        connection.execute("select graphile_worker.worker_heartbeat(%s, %s)", [EVIL, json.dumps({EVIL: EVIL})])
        connection.execute("select graphile_worker.pause_queue(%s, %s)", [EVIL, EVIL])
    return shared_database


async def test_every_job_is_shown(hostile_database: str) -> None:
    async with api(hostile_database) as page:
        jobs = (await page.get("jobs"))["jobs"]
        assert len(jobs) == len(PAYLOADS) + len(INSTANTS) + 1
        for job in jobs:
            # Not decoded here: Python's own JSON has its limits, too.
            response = await page.http.get(f"/api/jobs/{job['id']}")
            assert response.status_code == 200, response.text
        assert jobs[0]["task_identifier"] == EVIL
        assert [job["id"] for job in (await page.get("jobs", queue=EVIL))["jobs"]] == [jobs[0]["id"]]


@pytest.mark.parametrize("address", ["overview", "queues", "tasks", "workers", "session"])
async def test_every_report_answers(hostile_database: str, address: str) -> None:
    async with api(hostile_database) as page:
        assert await page.get(address)
