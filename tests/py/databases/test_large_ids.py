"""A queue that is years old: ids of jobs beyond 2^31, those of tasks and queues close to it.

TEST_LARGE_IDS=1 has nearly every test begin there.
"""

from __future__ import annotations

import pytest

from graphile_worker import Client, LocalQueue, TaskRegistry, Worker
from tests import support
from tests.py.support.command import invoke, invoke_json


@pytest.fixture
def old_queue(database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TEST_LARGE_IDS", "1")
    support.start_ids(database)
    return database


@pytest.mark.parametrize("local_queue", [None, LocalQueue(size=4)])
async def test_jobs_run_fail_and_are_looked_after(old_queue: str, local_queue: LocalQueue | None) -> None:
    tasks = TaskRegistry()
    ran: list[int] = []

    async def note(payload: int) -> None:
        ran.append(payload)
        if payload == 2:
            raise ValueError

    tasks.add(note, "note")
    with Client(old_queue) as client:
        added = [client.add_job("note", number, queue_name=f"q{number % 3}").id for number in range(6)]
        assert added == list(range(3_000_000_000, 3_000_000_006))
        await Worker(old_queue, tasks, concurrency=2, local_queue=local_queue).run_once()
        assert sorted(ran) == list(range(6))
        [failed] = client.list_jobs()
        assert (failed.id, failed.attempts, failed.locked_by) == (added[2], 1, None)
        assert [job.id for job in client.reschedule_jobs([failed.id], attempts=0)] == [failed.id]
        assert [job.id for job in client.complete_jobs([failed.id])] == [failed.id]


def test_commands_take_and_show_them(old_queue: str) -> None:
    assert invoke("add", "hello", url=old_queue).stdout == "added job 3000000000 (hello)\n"
    assert [job["id"] for job in invoke_json("list", url=old_queue)] == [3_000_000_000]
    assert invoke_json("show", "3000000000", url=old_queue)["id"] == 3_000_000_000
    assert invoke("complete", "3000000000", url=old_queue).exit_code == 0
    assert invoke_json("list", url=old_queue) == []
