"""Limits under kills: at no instant more jobs run of a task or queue than it allows, and no more start in a while.

    python -m tools.faults.limits --jobs 40000
    python -m tools.faults.limits --jobs 2000 --broken tasks

Eight worker processes, half of them with a local queue, run jobs of 50 queues that are 1 to 5 wide and of seven tasks
limited to 1 to 7 at once, beside others without a limit. Every 2 s one is killed (SIGKILL) and replaced; every 7 s
another is frozen (SIGSTOP) until others have taken its jobs. Each handler writes down when it starts and ends, and a
checker that knows nothing of the database looks for an instant at which more of them ran than may. What a process was
at when it was frozen counts only until then: it was taken for dead. Then sessions claim jobs of a task with a rate, as
fast as they can, and no stretch may have more claims than rate and burst allow. With --broken the claims of tasks, or
of queues, forget to lock what they count under: that has to be found out.

Exits 1 when a limit was exceeded, when a job is left, or when too little happened to prove anything.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from graphile_worker import AsyncClient, EmbeddedServer, GraphileWorkerError, JobSpec, migrate

from .limits_history import Claim, Run, most_at_once, most_claimed, violations
from .limits_torment import Mistreatment
from .limits_worker import LIMITS
from .run import scratch_server

WORKERS = 8
WIDTHS = {f"{width}:{number}": width for width in range(1, 6) for number in range(10)}
TASKS = {f"limited_{limit}": limit for limit in LIMITS}
PATIENCE = 1800.0
RATE, BURST, PER = 40, 10, 1.0
CLAIMERS = 8
CLAIMING_FOR = 5.0

BREAK = {
    "tasks": ("_private_lock_limits", "for no key update skip locked", ""),
    "queues": ("_private_claim_wide_queues", "for no key update skip locked", ""),
}
"""Which function forgets what."""


@dataclass(slots=True)
class Verdict:
    """What a run comes to. `faults` has a line for everything that must not be; empty when nothing is."""

    jobs: int
    runs: list[Run] = field(default_factory=list)
    kills: int = 0
    freezes: int = 0
    seconds: float = 0.0
    claimed: int = 0
    """How many jobs were claimed of the task with a rate."""
    most_claimed: int = 0
    """How many of them in one stretch of its interval."""
    faults: list[str] = field(default_factory=list)


def specs(jobs: int) -> list[JobSpec]:
    """Jobs for all limits, as many for each as it lets run at once, in no order; and a few without."""
    shares: list[tuple[str | None, str, int]] = [(name, "queued", width) for name, width in WIDTHS.items()]
    shares += [(None, task, limit) for task, limit in TASKS.items()]
    shares += [(None, "free", 5)]
    total = sum(share for *_, share in shares)
    made = [
        JobSpec(identifier=task, queue_name=queue_name)
        for queue_name, task, share in shares
        for _ in range(max(jobs * share // total, 2 * share))
    ]
    random.shuffle(made)
    return made


async def limit(connection: psycopg.AsyncConnection[Any]) -> None:
    for task, most in TASKS.items():
        await connection.execute("select graphile_worker.limit_task(%s, %s)", [task, most])
    for width in range(1, 6):
        await connection.execute("select graphile_worker.limit_queue(%s, %s)", [f"{width}:*", width])


async def break_on_purpose(connection: psycopg.AsyncConnection[Any], what: str) -> None:
    """Replaces what locks by nothing in one function."""
    name, lock, nothing = BREAK[what]
    query = "select pg_get_functiondef(p.oid) from pg_proc as p where p.proname = %s"
    row = await (await connection.execute(query, [name])).fetchone()
    assert row is not None
    assert lock in row[0]
    await connection.execute(row[0].replace(lock, nothing))


async def claim_at_a_rate(url: str) -> list[Claim]:
    """What sessions claim of a task with a rate in a while, as fast as they can."""
    claims: list[Claim] = []
    until = time.monotonic() + CLAIMING_FOR

    async def claim(number: int) -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            while time.monotonic() < until:
                asked = time.monotonic()
                cursor = await connection.execute(
                    "select id from graphile_worker.get_jobs(%s, '{rated}', 3)", [f"claimer {number}"]
                )
                answered = time.monotonic()
                claims.extend(Claim(asked, answered) for _ in await cursor.fetchall())

    await asyncio.gather(*(claim(number) for number in range(CLAIMERS)))
    return claims


async def experiment(url: str, folder: Path, jobs: int, *, broken: str | None = None) -> Verdict:
    """The verdict on so many jobs. The schema is installed."""
    added = specs(jobs)
    verdict = Verdict(len(added))
    began = time.monotonic()
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection, AsyncClient(url) as client:
        await limit(connection)
        if broken:
            await break_on_purpose(connection, broken)
        await client.add_jobs(added)
        mistreatment = Mistreatment(url, folder)
        torments: list[asyncio.Task[None]] = []
        try:
            for _ in range(WORKERS):
                await mistreatment.start()
            torments = [asyncio.create_task(torment) for torment in (mistreatment.kill(), mistreatment.freeze())]
            while (left := await _count(connection)) and time.monotonic() - began < PATIENCE:
                await asyncio.sleep(0.5)
                if ended := [torment for torment in torments if torment.done()]:
                    ended[0].result()
        finally:
            for torment in torments:
                torment.cancel()
            await asyncio.gather(*torments, return_exceptions=True)
            await mistreatment.end()
        verdict.seconds = time.monotonic() - began
        verdict.kills, verdict.freezes = mistreatment.kills, mistreatment.freezes
        verdict.runs = mistreatment.runs()
        verdict.faults = violations(verdict.runs, {**WIDTHS, **TASKS})
        if left:
            verdict.faults.append(f"{left} jobs are left")

        await connection.execute(
            "select graphile_worker.limit_task('rated', rate => %s, burst => %s, per => '1 s')", [RATE, BURST]
        )
        await client.add_jobs([JobSpec(identifier="rated")] * 2000)
        claims = await claim_at_a_rate(url)
        verdict.claimed, verdict.most_claimed = len(claims), most_claimed(claims, PER)
        if verdict.most_claimed > RATE * PER + BURST:
            verdict.faults.append(f"{verdict.most_claimed} claims in a second, and {RATE} and {BURST} at once may")
    return verdict


async def _count(connection: psycopg.AsyncConnection[Any]) -> int:
    row = await (await connection.execute("select count(*) from graphile_worker.jobs")).fetchone()
    assert row is not None
    return int(row[0])


def proves_nothing(verdict: Verdict) -> list[str]:
    """What keeps a run from meaning anything: too little happened, or limits were never reached."""
    found = []
    if verdict.kills < 3 or not verdict.freezes:
        found.append(f"only {verdict.kills} kills and {verdict.freezes} freezes: this proves nothing")
    most = most_at_once(verdict.runs)
    if slack := [name for name, limit in {**WIDTHS, **TASKS}.items() if most.get(name, 0) < limit]:
        found.append(f"{len(slack)} limits were never reached, {slack[0]} among them: this proves nothing")
    if verdict.claimed < RATE * CLAIMING_FOR * 0.8:
        found.append(f"only {verdict.claimed} jobs were claimed at {RATE} per second")
    return found


def database(server: EmbeddedServer) -> str:
    """The url of a database with the schema."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("create database limits")
    url = server.database("limits")
    migrate(url)
    return url


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.faults.limits", description=__doc__)
    parser.add_argument("--jobs", type=int, default=40_000)
    parser.add_argument("--broken", choices=BREAK, help="what forgets to lock")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="graphile-worker-limits-"))
    with scratch_server() as server:
        try:
            verdict = asyncio.run(experiment(database(server), folder, arguments.jobs, broken=arguments.broken))
        except (psycopg.Error, GraphileWorkerError) as error:
            print(f"it came to nothing: {error}; logs: {folder}")
            return 1
    verdict.faults += proves_nothing(verdict)
    print(
        f"{verdict.jobs} jobs in {verdict.seconds:.0f} s, {len(verdict.runs)} runs; {verdict.kills} kills,"
        f" {verdict.freezes} freezes; {verdict.claimed} claims in {CLAIMING_FOR:.0f} s at {RATE} per second and"
        f" {BURST} at once, {verdict.most_claimed} at most in one; {len(verdict.faults)} faults; logs: {folder}"
    )
    for line in verdict.faults[:20]:
        print(f"    {line}")
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
