"""A history of keyed adds under kills: no version of a job is claimed after a later one of its key was committed.

    python -m tools.faults.superseded --seconds 900

Four worker processes, each of another kind, run what eight producers add, replace and remove by key. Every few seconds
one is killed, or asked to stop, and another one comes. `max_crashes` is off. Everybody writes down what happened
(superseded_history.py), which is judged without asking the queue. Exits 1 when anything is wrong, or when too little
happened to prove anything: 20,000 changes and 100 kills in 15 minutes, and in proportion.
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
from pathlib import Path
from typing import Any

import psycopg

from graphile_worker import AsyncClient, EmbeddedServer, GraphileWorkerError, OutcomeUnknown, migrate

from .lab import ROOT
from .run import scratch_server
from .superseded_history import Change, Journal, Verdict, judge, read

PRODUCERS = 8
KEYS = 6
"""Of each producer: it alone changes them, so that what came first is known."""
PAUSE = 0.15
KILL_EVERY = 5.0
WORKERS = 4
PATIENCE = 90.0
_CHANGES, _KILLS, _SECONDS = 20_000, 100, 900


async def produce(client: AsyncClient, journal: Journal, number: int, stopping: asyncio.Event) -> None:
    """Changes keys until it is to stop, and then each once more: what must come to its end."""
    choose = random.Random(number)
    versions = dict.fromkeys([f"{number}-{key}" for key in range(KEYS)], 0)

    async def change(key: str, *, is_removal: bool = False, fails: bool = False) -> None:
        versions[key] += 1
        version = versions[key]
        is_known = True
        try:
            if is_removal:
                await client.remove_job(key)
            else:
                await client.add_job(
                    "keyed",
                    {"key": key, "version": version, "seconds": choose.choice([0.02, 0.3, 1.0]), "fails": fails},
                    job_key=key,
                    queue_name=choose.choice([None, None, "q"]),
                    job_key_mode=choose.choice(["replace", "preserve_run_at"]),
                )
        except OutcomeUnknown:
            is_known = False
        journal.write(Change(key, version, time.time_ns(), is_known, is_removal))

    while not stopping.is_set():
        key = choose.choice(list(versions))
        await change(key, is_removal=choose.random() < 0.05, fails=choose.random() < 0.1)
        await asyncio.sleep(choose.uniform(0.5, 1.5) * PAUSE)
    for key in versions:
        await change(key)


async def start_worker(url: str, folder: Path, number: int) -> Process:
    """A worker whose kind goes by its number."""
    with (folder / f"worker-{number}.log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tools.faults.superseded_worker", url, folder / f"worker-{number}.journal"),
            str(number),
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )


async def mistreat(url: str, folder: Path, workers: list[Process], seconds: float) -> int:
    """Ends one worker after the other, each followed by another of its kind. Returns how many were killed."""
    deadline = time.monotonic() + seconds
    kills = 0
    for number in range(WORKERS, sys.maxsize):
        if time.monotonic() > deadline:
            return kills
        await asyncio.sleep(KILL_EVERY)
        victim = workers[number - WORKERS]
        # One in five gives back what it holds; the others leave it to be recovered.
        gently = number % 5 == 4
        kills += not gently
        victim.send_signal(signal.SIGTERM if gently else signal.SIGKILL)
        await victim.wait()
        workers.append(await start_worker(url, folder, number))
    raise AssertionError


async def left(connection: psycopg.AsyncConnection[Any]) -> list[str]:
    """What is neither done nor failed: superseded jobs that failed stay, as do failures on purpose in the end."""
    cursor = await connection.execute(
        "select format('job %s is left, %s', id, job_state) from graphile_worker.list_jobs(row_limit => 1000)"
        " where job_state <> 'failed' and not (job_state = 'scheduled' and last_error like 'Planned%%')"
    )
    return [line for (line,) in await cursor.fetchall()]


async def experiment(url: str, folder: Path, seconds: float) -> tuple[Verdict, int]:
    """The verdict on so many seconds, and the number of kills. The schema is installed."""
    workers = [await start_worker(url, folder, number) for number in range(WORKERS)]
    stopping = asyncio.Event()
    try:
        async with AsyncClient(url, max_pool_size=PRODUCERS) as client:
            producers = [
                asyncio.create_task(produce(client, Journal(folder / f"producer-{number}.journal"), number, stopping))
                for number in range(PRODUCERS)
            ]
            kills = await mistreat(url, folder, workers, seconds)
            stopping.set()
            await asyncio.gather(*producers)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            deadline = time.monotonic() + PATIENCE
            lines = await left(connection)
            while lines and time.monotonic() < deadline:
                await asyncio.sleep(0.2)
                lines = await left(connection)
        for worker in workers:
            if worker.returncode is None:
                worker.terminate()
                await worker.wait()
    finally:
        for worker in workers:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()
    verdict = judge(read(folder))
    verdict.faults += lines
    share = seconds / _SECONDS
    if verdict.changes < _CHANGES * share or kills < int(_KILLS * share):
        verdict.faults.append(f"only {verdict.changes} changes and {kills} kills: this proves nothing")
    return verdict, kills


def database(server: EmbeddedServer) -> str:
    """The url of a database with the schema."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("create database superseded")
    url = server.database("superseded")
    migrate(url)
    return url


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.faults.superseded", description=__doc__)
    parser.add_argument("--seconds", type=float, default=_SECONDS, help="how long keys are changed")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="graphile-worker-superseded-"))
    with scratch_server() as server:
        try:
            verdict, kills = asyncio.run(experiment(database(server), folder, arguments.seconds))
        except (psycopg.Error, GraphileWorkerError) as error:
            print(f"it came to nothing: {error}; histories and logs: {folder}")
            return 1
    print(
        f"{verdict.changes} changes of keys, {kills} kills, {verdict.runs} runs;"
        f" {verdict.late} started after they were superseded, from memory, the latest by {verdict.latest:.3f} s;"
        f" {len(verdict.faults)} faults; histories and logs: {folder}"
    )
    for line in verdict.faults[:20]:
        print(f"    {line}")
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
