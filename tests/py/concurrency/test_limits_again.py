"""Who was not given all he asked for hears when to ask again: nobody says so when a limit, a rate or a pause opens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import TaskRegistry, Worker
from tests.py.support.sessions import Background, connect, connections

Connection = psycopg.Connection[Any]
NEVER = timedelta(minutes=5)
"""A poll that a test does not live to see."""


@pytest.fixture
def session(shared_database: str) -> Iterator[Connection]:
    with connect(shared_database) as connection:
        yield connection
        connection.execute("delete from _private_paused_tasks")


def add(connection: Connection, count: int, task: str = "t", queue_name: str | None = None, priority: int = 0) -> None:
    query = "select add_job(%s, queue_name => %s, priority => %s) from generate_series(1, %s)"
    connection.execute(query, [task, queue_name, priority, count])


def look(connection: Connection, max_jobs: int = 10, max_limited: int = 10) -> tuple[list[int], float | None, bool]:
    """A claim: the jobs, in how many seconds to ask again, whether something waits for an idle slot."""
    rows = connection.execute(
        "select kind, id, extract(epoch from run_at - created_at)"
        " from worker_round('w', max_jobs => %s, max_limited => %s)",
        [max_jobs, max_limited],
    ).fetchall()
    again = [float(seconds) for kind, _, seconds in rows if kind == "again" and seconds is not None]
    return [id_ for kind, id_, _ in rows if kind == "job"], min(again, default=None), ("idle", None, None) in rows


@pytest.mark.parametrize("beside", [0, 1])
@pytest.mark.parametrize(("limit", "queue_name"), [("limit_task('t', 3)", None), ("limit_queue('q', 3)", "q")])
def test_what_somebody_else_is_claiming_of(
    shared_database: str, session: Connection, limit: str, queue_name: str | None, beside: int
) -> None:
    session.execute(f"select {limit}".encode())
    add(session, 5, queue_name=queue_name)
    add(session, beside, "free")
    with connections(shared_database, 1) as [under_way]:
        under_way.execute("select id from get_jobs('u', '{t}')")
        jobs, again, _ = look(session)
        assert (len(jobs), again is not None and again < 1) == (beside, True)
        under_way.commit()
    assert len(look(session)[0]) == 2


@pytest.mark.parametrize(
    "hold", ["limit_queue('q', rate => 1, per => '1 minute')", "pause_task('t', until => now() + interval '1 minute')"]
)
def test_what_opens_by_itself(session: Connection, hold: str) -> None:
    session.execute(f"select {hold}".encode())
    add(session, 5, queue_name="q")
    look(session)
    add(session, 1, "free")
    jobs, again, _ = look(session)
    assert len(jobs) == 1
    assert again is not None
    assert again < 61


@pytest.mark.parametrize(("limit", "queue_name"), [("limit_task('t', 3)", None), ("limit_queue('q', 3)", "q")])
def test_nothing_limited_is_claimed_behind_what_is_claimed_ahead(
    session: Connection, limit: str, queue_name: str | None
) -> None:
    session.execute(f"select {limit}".encode())
    add(session, 20, "free")
    add(session, 5, queue_name=queue_name, priority=1)
    jobs, _, waits_for_slot = look(session, 40, 3)
    assert (len(jobs), waits_for_slot) == (20, True)
    assert session.execute("select count(*) from _private_job_queues where not is_available").fetchone() == (0,)
    # Nor for want of a slot, of which somebody hears.
    assert look(session, 40, 0)[2]
    assert len(look(session, 3, 3)[0]) == 3


@pytest.mark.parametrize("kind", ["task", "queue"])
def test_a_rate_that_gets_faster_holds_at_once(session: Connection, kind: str) -> None:
    more = ", 5" if kind == "queue" else ""
    name = "q" if kind == "queue" else "t"
    session.execute(f"select limit_{kind}('{name}'{more}, rate => 1, per => '1 hour')".encode())
    add(session, 5, queue_name="q" if kind == "queue" else None)
    assert len(look(session)[0]) == 1
    assert look(session)[0] == []
    session.execute(f"select limit_{kind}('{name}', rate => 100, per => '1 second', burst => 3)".encode())
    assert len(look(session)[0]) == 3


@pytest.mark.parametrize("kind", ["task", "queue"])
def test_a_clock_that_goes_back_stops_nothing(session: Connection, kind: str) -> None:
    more = ", 5" if kind == "queue" else ""
    name = "q" if kind == "queue" else "t"
    session.execute(f"select limit_{kind}('{name}'{more}, rate => 1, per => '1 minute')".encode())
    add(session, 5, queue_name="q" if kind == "queue" else None)
    assert len(look(session)[0]) == 1
    session.execute(
        "update _private_buckets set full_at = full_at + interval '1 hour', next_at = next_at + interval '1 hour',"
        " written_at = written_at + interval '1 hour'"
    )
    assert len(look(session)[0]) == 1


def test_outcomes_of_two_kinds_meet_wide_queues_in_order(shared_database: str, session: Connection) -> None:
    session.execute("select limit_queue('a', 2), limit_queue('b', 2)")
    add(session, 2, queue_name="a")
    add(session, 2, queue_name="b")
    for worker_id in ("v", "w"):
        for name in ("a", "b"):
            session.execute("select id from get_jobs(%s, only_queues => array[%s])", [worker_id, name])
    rows = session.execute(
        "select j.locked_by, q.queue_name, j.id from _private_jobs as j"
        " inner join _private_job_queues as q on q.id = j.job_queue_id"
    )
    held = {(worker_id, name): id_ for worker_id, name, id_ in rows}
    with connections(shared_database, 3) as [holder, one, other]:
        holder.execute("select from _private_job_queues where queue_name = 'a' for no key update")
        first = Background(one, "select complete_jobs('v', %s)", [[held["v", "a"], held["v", "b"]]])
        first.wait_blocked(session)
        second = Background(
            other,
            "select kind from worker_round('w', completed => %s, returned => %s, max_jobs => 0)",
            [[held["w", "b"]], [held["w", "a"]]],
        )
        second.wait_blocked(session)
        holder.commit()
        assert len(first.result()) == 2
        one.commit()
        assert second.result() == []


@pytest.mark.parametrize("notifies", [True, False])
@pytest.mark.parametrize("limit", ["limit_queue('q', 3)", "limit_task('t', 3)"])
async def test_workers_that_claim_together_all_get_one(shared_database: str, limit: str, notifies: bool) -> None:
    tasks = TaskRegistry()
    running = 0
    full, gate = asyncio.Event(), asyncio.Event()

    @tasks.task("t")
    async def limited(_payload: object) -> None:
        nonlocal running
        running += 1
        if running == 3:
            full.set()
        await gate.wait()

    with connect(shared_database) as connection:
        connection.execute(f"select {limit}".encode())
        add(connection, 6, queue_name="q" if "queue" in limit else None)
    async with AsyncExitStack() as stack:
        for _ in range(4):
            worker = Worker(shared_database, tasks, concurrency=1, poll_interval=NEVER, use_notifications=notifies)
            running_worker = asyncio.create_task(worker.run())

            async def end(worker: Worker = worker, task: asyncio.Task[Any] = running_worker) -> None:
                gate.set()
                worker.stop()
                await task

            stack.push_async_callback(end)
        await asyncio.wait_for(full.wait(), 30)
