"""A short run of the fault suite, and proof that it would find what it looks for: the same with SQL that is broken.

`make faults` runs all of it, for longer.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graphile_worker import EmbeddedServer, EmbeddedServerError, JobSpec
from graphile_worker._embedded.binaries import find_binaries
from tests.py.support.broken_claim import MANY_OF_ONE_QUEUE
from tests.support import eventually
from tools.faults import journal
from tools.faults.journal import Started
from tools.faults.lab import Lab, WorkerProcess
from tools.faults.process_faults import KilledWorkers
from tools.faults.run import experiment, scratch_server
from tools.faults.server_faults import KilledBackends, Restarts
from tools.faults.verdict import SECOND, Verdict


@pytest.fixture(scope="module")
def scratch() -> Iterator[EmbeddedServer]:
    try:
        find_binaries()
    except EmbeddedServerError as error:
        pytest.skip(str(error))
    with scratch_server() as server:
        yield server


@pytest.mark.parametrize(
    ("fault", "seconds"), [(KilledWorkers, 3), (Restarts, 4), (KilledBackends, 3)], ids=lambda value: str(value)
)
async def test_nothing_is_lost(fault: Any, seconds: float, scratch: EmbeddedServer, tmp_path: Path) -> None:
    verdict = await experiment(fault(), scratch, tmp_path, seconds)
    assert verdict.faults == []
    assert verdict.jobs > 50
    assert (verdict.lost, verdict.unexplained) == (0, 0)


# Broken SQL.


@asynccontextmanager
async def broken(server: EmbeddedServer, folder: Path, **functions: tuple[str, str]) -> AsyncIterator[Lab]:
    """A lab in whose database a pattern in the source of each function is replaced, wherever it stands."""
    lab = Lab(server, folder)
    try:
        await lab.open()
        async with await psycopg.AsyncConnection.connect(lab.url, autocommit=True) as connection:
            for name, (pattern, replacement) in functions.items():
                await alter(connection, name, pattern, replacement)
        yield lab
    finally:
        await lab.close()


async def alter(connection: psycopg.AsyncConnection[Any], name: str, pattern: str, replacement: str) -> None:
    query = """
        select pg_get_functiondef(p.oid) from pg_proc as p
        where p.pronamespace = 'graphile_worker'::regnamespace and p.proname = %s
    """
    changes = 0
    for (source,) in await (await connection.execute(query, [name])).fetchall():
        changed, count = re.subn(pattern, replacement, source)
        changes += count
        await connection.execute(changed.encode())
    assert changes, f"{name} has no {pattern}"


def work(job: int, seconds: float = 0.01, queue: str | None = None, failures: int = 0) -> JobSpec:
    return JobSpec(identifier="wait", payload={"job": job, "seconds": seconds, "failures": failures}, queue_name=queue)


async def verdict_of(lab: Lab, patience: float = 5) -> Verdict:
    left = await lab.drain(patience)
    return lab.judge(*left, *await lab.stop_workers())


def about(verdict: Verdict, pattern: str) -> list[str]:
    return [line for line in verdict.faults if re.search(pattern, line)]


IMPATIENT = {"heartbeat_interval": 0.5, "sweep_interval": 0.5, "sweep_threshold": 1.5, "recovery_delay": 0.0}
MINE = {
    "_private_complete": (r"and j\.locked_by = _private_complete\.worker_id", ""),
    "fail_jobs": (r"and j\.locked_by = fail_jobs\.worker_id", ""),
    "return_jobs": (r"and j\.locked_by = return_jobs\.worker_id", ""),
    "_private_unlock_queues": (r"and q\.locked_by = _private_unlock_queues\.worker_id", ""),
    # Outcomes travel with the next claim, which is refused to who was taken for dead.
    "_private_claim": ("not must_be_registered or", "true or"),
    # Nor do heartbeats tell it in time.
    "beat_workers": (
        "return query",
        "return query select u.id, v_count from unnest(worker_ids) as u (id); return query",
    ),
}


async def takeover(lab: Lab, failures: int) -> Verdict:
    """A worker is frozen in the middle of a job until another has it, and goes on while that one is running it."""
    slow = await lab.start_worker(recovery=IMPATIENT)
    await lab.producer.add([work(n, seconds=2.5, queue="q", failures=failures) for n in range(2)])
    await slow.stop_amid_work()
    stopped = lab.strike()
    try:
        heir = await lab.start_worker(recovery=IMPATIENT)
        await eventually(lambda: is_busy(heir))
        # By its own clock, too, it will have come to the end when it wakes up.
        await eventually(lambda: is_due_to_end(slow, 2.5))
    finally:
        slow.signal(signal.SIGCONT)
    lab.declare_dead(slow, stopped + SECOND, time.monotonic_ns() + SECOND)
    return await verdict_of(lab, 7)


async def is_busy(worker: WorkerProcess) -> bool:
    return worker.is_busy()


async def is_due_to_end(worker: WorkerProcess, seconds: float) -> bool:
    starts = [record.at for record in journal.read(worker.journal) if isinstance(record, Started)]
    return time.monotonic_ns() > max(starts) + seconds * SECOND


async def has_started(lab: Lab, count: int) -> bool:
    return sum(isinstance(record, Started) for record in lab.records()) >= count


async def test_a_takeover_is_fine_with_fencing(scratch: EmbeddedServer, tmp_path: Path) -> None:
    async with broken(scratch, tmp_path) as lab:
        verdict = await takeover(lab, failures=0)
    assert verdict.faults == []
    assert verdict.runs == 3
    # Where it is told in time that it was taken for dead, the late one does not come to its end.
    assert verdict.duplicates <= 1


@pytest.mark.parametrize("failures", [0, 1], ids=["complete", "fail"])
async def test_outcomes_without_fencing_are_caught(scratch: EmbeddedServer, tmp_path: Path, failures: int) -> None:
    async with broken(scratch, tmp_path, **MINE) as lab:
        verdict = await takeover(lab, failures)
    # What the late outcome set free, others started beside the job that was still running.
    assert about(verdict, r"^(queue 'q'|job \d+): .* overlaps "), verdict.faults


async def test_a_sweep_that_takes_from_the_living_is_caught(scratch: EmbeddedServer, tmp_path: Path) -> None:
    stale = r"[wd]\.(last_heartbeat|seen)_at < now\(\) - sweep_threshold( \* multiplier)?"
    async with broken(scratch, tmp_path, sweep_stale_workers=(stale, "true")) as lab:
        for _ in range(2):
            await lab.start_worker(recovery=IMPATIENT)
        await lab.producer.add([work(n, seconds=2) for n in range(10)])
        verdict = await verdict_of(lab, 3)
    # Two at once where the robbed worker is slow to notice, none to the end where it is quick.
    assert about(verdict, r"^job \d+(: .* overlaps | ran, and was never completed)"), verdict.faults


async def test_a_look_that_knows_no_grace_is_caught(scratch: EmbeddedServer, tmp_path: Path) -> None:
    """The connection of the heartbeats ends: the worker is back at once, and loses its jobs all the same."""
    change = (r"greatest\(grace - n\.missing_for, interval '0'\)", "interval '0'")
    async with broken(scratch, tmp_path, watch_workers=change) as lab:
        for _ in range(2):
            await lab.start_worker(recovery=IMPATIENT)
        await lab.producer.add([work(n, seconds=2) for n in range(10)])
        verdict = await lose_heartbeats(lab)
    assert about(verdict, r"^job \d+(: .* overlaps | ran, and was never completed)"), verdict.faults


async def test_lost_connections_are_fine_with_a_grace(scratch: EmbeddedServer, tmp_path: Path) -> None:
    async with broken(scratch, tmp_path) as lab:
        for _ in range(2):
            await lab.start_worker(recovery=IMPATIENT)
        await lab.producer.add([work(n, seconds=2) for n in range(10)])
        verdict = await lose_heartbeats(lab)
    assert verdict.faults == []
    assert verdict.duplicates == 0


HEARTBEATS = """
    select a.pid from pg_stat_activity as a
    where a.datname = current_database() and a.application_name like 'graphile-worker heartbeat%' and a.state = 'idle'
    order by random()
"""


async def lose_heartbeats(lab: Lab) -> Verdict:
    """Ends twenty connections of heartbeats, each when both workers have theirs, so that one is there to look."""

    async def both() -> list[int] | None:
        pids = [pid for (pid,) in await lab.fetch(HEARTBEATS)]
        return pids if len(pids) == 2 else None

    for _ in range(20):
        pid, _other = await eventually(both)
        await lab.fetch(f"select pg_terminate_backend({pid})")
        await eventually(lambda pid=pid: is_gone(lab, pid))
    return await verdict_of(lab, 5)


async def is_gone(lab: Lab, pid: int) -> bool:
    return not await lab.fetch(f"select from pg_stat_activity where pid = {pid}")


async def test_a_claim_that_looks_at_no_lock_is_caught(scratch: EmbeddedServer, tmp_path: Path) -> None:
    async with broken(scratch, tmp_path) as lab:
        claim = MANY_OF_ONE_QUEUE.replace("where j.is_available and", "where").replace("skip locked", "")
        async with await psycopg.AsyncConnection.connect(lab.url, autocommit=True) as connection:
            await connection.execute(claim.encode())
        for _ in range(2):
            await lab.start_worker()
        await lab.producer.add([work(n, seconds=0.3) for n in range(20)])
        verdict = await verdict_of(lab)
    assert about(verdict, r"^job \d+: .* overlaps "), verdict.faults


async def test_a_claim_of_what_is_not_due_is_caught(scratch: EmbeddedServer, tmp_path: Path) -> None:
    change = (r"coalesce\(_private_claim\.now, now\(\)\)", "now() + interval '1 hour'")
    async with broken(scratch, tmp_path, _private_claim=change) as lab:
        await lab.start_worker()
        lab.producer.start()
        await eventually(lambda: has_started(lab, 40))
        verdict = await verdict_of(lab)
    assert about(verdict, "starts before it is due"), verdict.faults


async def test_a_lost_notification_is_caught(scratch: EmbeddedServer, tmp_path: Path) -> None:
    """By a worker that would not look otherwise. The same run with notifications is the next test."""
    async with broken(scratch, tmp_path, _private_notify=(r"perform pg_notify\(.*?\);", "")) as lab:
        verdict = await notified(lab)
    assert about(verdict, "never ran"), verdict.faults
    assert about(verdict, "is left after 0 attempts"), verdict.faults


async def test_a_notification_is_enough(scratch: EmbeddedServer, tmp_path: Path) -> None:
    async with broken(scratch, tmp_path) as lab:
        verdict = await notified(lab)
    assert verdict.faults == []


LOOKED_AND_LISTENS = """
    select from pg_stat_activity as l, pg_stat_activity as c
    where l.datname = current_database() and l.application_name like 'graphile-worker listen%' and l.state = 'idle'
      and c.datname = l.datname and c.query like '%worker_round%' and c.pid <> pg_backend_pid() and c.state = 'idle'
      and l.query like 'LISTEN %' and c.query_start > l.state_change
"""


async def notified(lab: Lab) -> Verdict:
    await lab.start_worker(poll_interval=600.0)
    # It looks once more when it begins to listen.
    await eventually(lambda: lab.fetch(LOOKED_AND_LISTENS))
    await lab.producer.add([work(1)])
    return await verdict_of(lab, 3)


async def test_an_outcome_that_is_not_recorded_is_caught(scratch: EmbeddedServer, tmp_path: Path) -> None:
    """Jobs that are done are set free instead of deleted: nothing overlaps, and nothing is lost."""
    change = (
        r"delete from (\S+) as j\s+where j\.id = any\(job_ids\) and j\.locked_by = _private_complete\.worker_id",
        r"update \1 as j set locked_by = null, locked_at = null where j.locked_by = _private_complete.worker_id",
    )
    async with broken(scratch, tmp_path, _private_complete=change) as lab:
        await lab.start_worker()
        await lab.producer.add([work(0)])
        verdict = await verdict_of(lab, 2)
    assert verdict.unexplained
    assert about(verdict, "had been run to its end"), verdict.faults
