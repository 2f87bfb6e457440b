"""The laboratory of a fault: a database of its own, worker processes, a producer, and their journals."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from graphile_worker import EmbeddedServer, migrate

from . import journal
from .journal import Ended, Ready, Record, Started
from .producer import Producer
from .verdict import Verdict, Window, judge

ROOT = Path(__file__).parents[2]
STARTING = 30.0
"""Seconds that a worker may take to be there."""
STOPPING = 20.0
"""Seconds that a worker may take to stop when there is nothing wrong any more."""
LONGEST_LOG = 200
"""Lines that a worker may log in one run, but for those about jobs that failed on purpose."""

WORKER_OPTIONS: Mapping[str, Any] = {"concurrency": 10, "poll_interval": 0.5, "recovery": {}}
"""Recovery with its defaults. Numbers with a fraction are seconds."""


class LabError(Exception):
    """The experiment could not be made; this says nothing about the queue."""


class WorkerProcess:
    """A worker in a process of its own, to be killed, frozen or cut off."""

    def __init__(self, process: Process, path: Path) -> None:
        self.pid = process.pid
        self.journal = path
        self.log = path.with_suffix(".log")
        self.has_ended = False
        """Whether it was killed, or has been asked to stop before."""
        self._process = process

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def kill(self) -> None:
        self.has_ended = True
        if self.is_alive:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> list[str]:
        """Asks the worker to stop; returns what was wrong with how it stopped."""
        self.has_ended = True
        if self.is_alive:
            self.signal(signal.SIGTERM)
        try:
            code = await asyncio.wait_for(self._process.wait(), STOPPING)
        except TimeoutError:
            await self.kill()
            return [f"worker {self.pid} did not stop within {STOPPING:g} s, see {self.log}"]
        return [f"worker {self.pid} ended with {code}, see {self.log}"] if code else []

    def is_busy(self) -> bool:
        """Tells whether a handler was entered and not left."""
        records = journal.read(self.journal)
        ended = {record.run for record in records if isinstance(record, Ended)}
        return any(isinstance(record, Started) and record.run not in ended for record in records)

    async def stop_amid_work(self) -> None:
        """Freezes the worker (SIGSTOP) while it runs a job."""
        deadline = time.monotonic() + STARTING
        while True:
            self.signal(signal.SIGSTOP)
            if self._is_stopped() and self.is_busy():
                return
            self.signal(signal.SIGCONT)
            if time.monotonic() > deadline:
                raise LabError(f"a worker had nothing to do, see {self.log}")
            await asyncio.sleep(0.02)

    def _is_stopped(self) -> bool:
        # It need not be the moment the signal was sent.
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    async def ready(self) -> None:
        deadline = time.monotonic() + STARTING
        while not any(isinstance(record, Ready) for record in journal.read(self.journal)):
            if not self.is_alive or time.monotonic() > deadline:
                raise LabError(f"a worker did not start:\n{self.log.read_text()[-2000:]}")
            await asyncio.sleep(0.02)

    def log_lines(self) -> list[str]:
        """Returns what the worker logged, without the jobs that were to fail."""
        return [line for line in self.log.read_text().splitlines() if " failed, attempt " not in line]


class Lab:
    """One experiment, in a database of its own on a server that others of its kind have used before.

    Everything but the faults themselves connects as `url` says, as an ordinary role that owns the database: no slots
    are reserved for it.
    """

    def __init__(self, server: EmbeddedServer, folder: Path, **producer: Any) -> None:
        self.server = server
        self.folder = folder
        self.workers: list[WorkerProcess] = []
        self.windows: list[Window] = []
        self.strikes: list[int] = []
        self.own_clock = False
        self.found: list[str] = []
        """What a fault has found wrong while it was inflicted."""
        self._name = f"fault_{secrets.token_hex(4)}"
        self._producer_options = producer
        self.producer: Producer
        self._password = secrets.token_hex(16)

    @property
    def url(self) -> str:
        parts = urlsplit(self.server.database(self._name))
        address = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=f"{self._name}:{self._password}@{address}").geturl()

    async def open(self) -> None:
        """Makes the database, and a producer that does nothing yet."""
        name = sql.Identifier(self._name)
        async with await self.superuser() as connection:
            await connection.execute(
                sql.SQL("create role {} login password {}").format(name, sql.Literal(self._password))
            )
            await connection.execute(sql.SQL("create database {} owner {}").format(name, name))
        await asyncio.to_thread(migrate, self.url)
        self.producer = Producer(self.url, self.folder / f"{self._name}-producer.journal", **self._producer_options)

    async def close(self) -> None:
        """Ends what still runs, whatever happened."""
        if hasattr(self, "producer"):
            await self.producer.stop()
        for worker in self.workers:
            with suppress(ProcessLookupError):
                await worker.kill()

    async def superuser(self, database: str = "postgres") -> psycopg.AsyncConnection[Any]:
        """Returns a connection of the server's administrator."""
        return await psycopg.AsyncConnection.connect(self.server.database(database), autocommit=True)

    async def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """Returns the rows of a query in the lab's database, asked as administrator."""
        async with await self.superuser(self._name) as connection:
            return await (await connection.execute(query.encode())).fetchall()

    async def start_worker(
        self, url: str | None = None, *, environment: Mapping[str, str] | None = None, **options: Any
    ) -> WorkerProcess:
        """Starts one more worker; the options replace those of WORKER_OPTIONS, None leaves one out."""
        given = {name: value for name, value in {**WORKER_OPTIONS, **options}.items() if value is not None}
        path = self.folder / f"{self._name}-{len(self.workers)}.journal"
        with path.with_suffix(".log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tools.faults.worker", url or self.url, path, json.dumps(given)),
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                stdout=log,
                stderr=log,
            )
        worker = WorkerProcess(process, path)
        self.workers.append(worker)
        await worker.ready()
        return worker

    # What a fault says about itself.

    def strike(self) -> int:
        """Records that a fault begins now; returns the instant."""
        now = time.monotonic_ns()
        self.strikes.append(now)
        return now

    def declare_dead(
        self, worker: WorkerProcess, start: int, end: int | None = None, *, silent_from: int | None = None
    ) -> None:
        """Lets others take this worker for dead from `start` on, or until `end`; the worker could hand in nothing since
        `silent_from`."""
        until = {} if end is None else {"end": end}
        self.windows.append(Window(worker.pid, start, silent_from=silent_from, **until))

    # The end.

    async def drain(self, patience: float) -> list[str]:
        """Stops the producer and waits until no job is left; returns what is left after `patience` seconds."""
        await self.producer.stop()
        deadline = time.monotonic() + patience
        while True:
            left = await self._left()
            if not left or time.monotonic() > deadline:
                return left
            await asyncio.sleep(0.1)

    async def _left(self) -> list[str]:
        rows = await self.fetch(
            """
            select format('job %s is left after %s attempts, due %s, locked by %s: %s',
                j.id, j.attempts, j.run_at, j.locked_by, left(j.last_error, 100))
            from graphile_worker.jobs as j
            union all
            select format('queue %s is left locked by %s', q.queue_name, q.locked_by)
            from graphile_worker._private_job_queues as q where q.locked_at is not null
            """
        )
        return [row[0] for row in rows]

    async def stop_workers(self) -> list[str]:
        """Stops the workers that live; returns what was wrong with how they stopped, or with what they logged."""
        faults = []
        for worker in self.workers:
            if not worker.has_ended:
                faults += await worker.stop()
            if (count := len(worker.log_lines())) > LONGEST_LOG:
                faults.append(f"worker {worker.pid} has logged {count} lines, see {worker.log}")
        return faults

    def records(self) -> list[Record]:
        """Returns the records of all producers and workers."""
        return [record for path in self.folder.glob(f"{self._name}-*.journal") for record in journal.read(path)]

    def judge(self, *more: str) -> Verdict:
        """Returns the verdict on the experiment; `more` that was found wrong counts, too."""
        verdict = judge(self.records(), self.windows, self.strikes, own_clock=self.own_clock)
        verdict.faults += [*self.found, *more]
        return verdict
