"""Counters under kills: each job adds 1 in the transaction that completes it, and the sums are exact.

    python -m tools.faults.exactly_once --jobs 10000
    python -m tools.faults.exactly_once --jobs 1000 --broken

Each of the jobs adds 1 to a row that all share, and to one of a hundred, in `context.transaction()`: on the event loop,
in a thread, or by SQLAlchemy. Four worker processes run them, each of another kind. Every 2 s one is killed (SIGKILL)
and replaced; every 5 s another is frozen (SIGSTOP), until the others have taken its jobs, and goes on; twice a second
the server ends a connection amid a handler's transaction; `max_crashes` is off. In the end the sum of each counter is
how many jobs there were for it, not one more or less, and no job is left. With --broken the handlers commit what they
have written by itself, and leave the completion to the worker: that has to be found out.

Exits 1 when a sum is wrong, when a job is left, or when too little happened to prove anything.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from graphile_worker import AsyncClient, EmbeddedServer, GraphileWorkerError, JobSpec, migrate

from .lab import ROOT
from .run import scratch_server

COUNTERS = 100
WORKERS = 4
KILL_EVERY = 2.0
FREEZE_EVERY = 5.0
FROZEN_FOR = 4.0
"""Longer than the threshold of the workers, so that they are swept."""
CUT_EVERY = 0.5
PATIENCE = 1800.0
TASKS = ("on_the_loop", "in_a_thread", "by_sqlalchemy")

CREATE = """
    create table counters (name int primary key, n bigint not null);
    insert into counters select g, 0 from generate_series(0, 100) as g;
    create table runs (job_id bigint not null, lost boolean not null);
"""
END_ONE = """
    select pg_terminate_backend(a.pid) from pg_stat_activity as a
    where a.application_name = 'graphile-worker handler' and a.datname = current_database() and a.state <> 'idle'
    order by random() limit 1
"""


@dataclass(slots=True)
class Verdict:
    """What a run comes to. `faults` has a line for everything that must not be; empty when nothing is."""

    jobs: int
    shared: int = 0
    """The counter that all jobs add to."""
    spread: int = 0
    """The sum of the hundred others."""
    runs: int = 0
    lost: int = 0
    """Runs whose transaction was refused, as the job had been taken."""
    kills: int = 0
    freezes: int = 0
    cuts: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


def judge(verdict: Verdict, counted: Iterable[tuple[int, int]], wanted: Sequence[int], left: Iterable[str]) -> Verdict:
    """Compares the counters with the jobs that there were for each; `counted` are their names, 0 for all, and sums."""
    sums = dict(counted)
    verdict.shared = sums.pop(0)
    verdict.spread = sum(sums.values())
    if verdict.shared != verdict.jobs:
        verdict.faults.append(f"the counter of all is {verdict.shared}, and there were {verdict.jobs} jobs")
    wrong = [f"{name}: {n} for {wanted.count(name)}" for name, n in sorted(sums.items()) if n != wanted.count(name)]
    if wrong:
        verdict.faults.append(f"{len(wrong)} of the others are wrong: {', '.join(wrong[:5])}")
    verdict.faults += left
    return verdict


async def start_worker(url: str, folder: Path, number: int, *, broken: bool) -> Process:
    """A worker whose kind goes by its number."""
    with (folder / f"worker-{number}.log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tools.faults.exactly_once_worker", url, str(number)),
            *(["--broken"] if broken else []),
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )


class Mistreatment:
    """Kills, freezes and cuts off workers until it is cancelled; what runs in the end is in `workers`."""

    def __init__(self, url: str, folder: Path, verdict: Verdict, *, broken: bool) -> None:
        self.workers: list[Process] = []
        self._url = url
        self._folder = folder
        self._verdict = verdict
        self._broken = broken
        self._frozen: Process | None = None
        self._started = 0
        self._logs: dict[Process, Path] = {}

    async def start(self) -> None:
        worker = await start_worker(self._url, self._folder, self._started, broken=self._broken)
        self._logs[worker] = self._folder / f"worker-{self._started}.log"
        self.workers.append(worker)
        self._started += 1

    def _has_begun(self, worker: Process) -> bool:
        return "has begun" in self._logs[worker].read_text()

    async def kill(self) -> None:
        while True:
            await asyncio.sleep(KILL_EVERY)
            # The one that has run the longest, unless it is frozen: that is to wake up. On a machine that is busy with
            # other things some have not begun yet.
            ready = [worker for worker in self.workers if worker is not self._frozen and self._has_begun(worker)]
            if len(ready) < 2:
                continue
            victim = ready[0]
            self.workers.remove(victim)
            await self.start()
            victim.kill()
            await victim.wait()
            self._verdict.kills += 1

    async def freeze(self) -> None:
        while True:
            await asyncio.sleep(FREEZE_EVERY)
            ready = [worker for worker in self.workers if self._has_begun(worker)]
            if not ready:
                continue
            self._frozen = victim = random.choice(ready)
            victim.send_signal(signal.SIGSTOP)
            try:
                await asyncio.sleep(FROZEN_FOR)
            finally:
                with suppress(ProcessLookupError):
                    victim.send_signal(signal.SIGCONT)
                self._frozen = None
            self._verdict.freezes += 1

    async def cut(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            while True:
                await asyncio.sleep(CUT_EVERY)
                self._verdict.cuts += len(await (await connection.execute(END_ONE)).fetchall())

    async def end(self) -> None:
        for worker in self.workers:
            if worker.returncode is None:
                with suppress(ProcessLookupError):
                    worker.terminate()
        for worker in self.workers:
            try:
                await asyncio.wait_for(worker.wait(), 20)
            except TimeoutError:
                worker.kill()
                await worker.wait()


LEFT = "select format('job %s is left, %s: %s', id, job_state, left(last_error, 100)) from graphile_worker.list_jobs()"


async def experiment(url: str, folder: Path, jobs: int, *, broken: bool = False) -> Verdict:
    """The verdict on so many jobs. The schema is installed."""
    verdict = Verdict(jobs)
    began = time.monotonic()
    wanted = [number % COUNTERS + 1 for number in range(jobs)]
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection, AsyncClient(url) as client:
        await connection.execute(CREATE)
        specs = (
            JobSpec(
                identifier=TASKS[number % len(TASKS)],
                payload={"counter": counter},
                queue_name=f"q{number % 7}" if number % 5 == 0 else None,
            )
            for number, counter in enumerate(wanted)
        )
        await client.add_jobs(specs)
        mistreatment = Mistreatment(url, folder, verdict, broken=broken)
        torments: list[asyncio.Task[None]] = []
        try:
            for _ in range(WORKERS):
                await mistreatment.start()
            torments = [
                asyncio.create_task(torment)
                for torment in (mistreatment.kill(), mistreatment.freeze(), mistreatment.cut())
            ]
            while await _count(connection) and time.monotonic() - began < PATIENCE:
                await asyncio.sleep(0.5)
                if ended := [torment for torment in torments if torment.done()]:
                    ended[0].result()
        finally:
            for torment in torments:
                torment.cancel()
            await asyncio.gather(*torments, return_exceptions=True)
            await mistreatment.end()
        verdict.seconds = time.monotonic() - began
        counted = await (await connection.execute("select name, n from counters")).fetchall()
        left = [line for (line,) in await (await connection.execute(LEFT)).fetchall()]
        runs = await (await connection.execute("select count(*), count(*) filter (where lost) from runs")).fetchone()
        assert runs is not None
        verdict.runs, verdict.lost = runs
    return judge(verdict, counted, wanted, left)


async def _count(connection: psycopg.AsyncConnection[Any]) -> int:
    row = await (await connection.execute("select count(*) from graphile_worker.jobs")).fetchone()
    assert row is not None
    return int(row[0])


def proves_nothing(verdict: Verdict) -> list[str]:
    """What keeps a run from meaning anything."""
    found = []
    if verdict.kills < 3 or not verdict.freezes:
        found.append(f"only {verdict.kills} kills and {verdict.freezes} freezes: this proves nothing")
    if verdict.runs <= verdict.jobs:
        found.append("no job was run twice: this proves nothing")
    return found


def database(server: EmbeddedServer) -> str:
    """The url of a database with the schema."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("create database exactly_once")
    url = server.database("exactly_once")
    migrate(url)
    return url


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.faults.exactly_once", description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--broken", action="store_true", help="the completion is not part of the transaction")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="graphile-worker-exactly-once-"))
    with scratch_server() as server:
        try:
            verdict = asyncio.run(experiment(database(server), folder, arguments.jobs, broken=arguments.broken))
        except (psycopg.Error, GraphileWorkerError) as error:
            print(f"it came to nothing: {error}; logs: {folder}")
            return 1
    verdict.faults += proves_nothing(verdict)
    print(
        f"{verdict.jobs} jobs in {verdict.seconds:.0f} s: {verdict.shared} in one counter, {verdict.spread} in"
        f" {COUNTERS}; {verdict.runs} runs, {verdict.lost} refused as their job was taken; {verdict.kills} kills,"
        f" {verdict.freezes} freezes, {verdict.cuts} connections ended; {len(verdict.faults)} faults; logs: {folder}"
    )
    for line in verdict.faults[:20]:
        print(f"    {line}")
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
