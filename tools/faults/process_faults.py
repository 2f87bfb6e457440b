"""Faults of worker processes: killed, frozen, with a clock that jumps."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from graphile_worker import JobSpec

from .fault import Fault
from .journal import Ended, Started
from .lab import STARTING, Lab, LabError, WorkerProcess
from .verdict import SECOND, Verdict

_FAKETIME = "/usr/lib/*/faketime/libfaketimeMT.so.1"


class KilledWorkers(Fault):
    """SIGKILL for one worker after the other; a new one comes at once. Recovery with its defaults."""

    name = "worker SIGKILL"
    every: ClassVar[float] = 3.0

    async def inflict(self, lab: Lab, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        victims = 0
        while time.monotonic() < deadline:
            await asyncio.sleep(self.every)
            await self.kill(lab, lab.workers[victims])
            victims += 1

    async def kill(self, lab: Lab, victim: WorkerProcess) -> None:
        """Kills a worker in the middle of a job and starts another one."""
        await victim.stop_amid_work()
        lab.declare_dead(victim, lab.strike())
        await victim.kill()
        await lab.start_worker()

    def shortcomings(self, verdict: Verdict, lab: Lab, seconds: float) -> list[str]:
        found = super().shortcomings(verdict, lab, seconds)
        if verdict.duplicates < len(lab.strikes):
            found.append(f"{len(lab.strikes)} kills, and {verdict.duplicates} jobs that were recovered from them")
        return found


class KilledOnce(KilledWorkers):
    """One SIGKILL, so that no job loses its worker twice: how long until what the dead one held is done."""

    name = "one SIGKILL"
    seconds = 3.0
    longest_recovery = 15.0

    async def inflict(self, lab: Lab, seconds: float) -> None:
        await self.kill(lab, lab.workers[0])
        await asyncio.sleep(seconds)


class BusyHandler(Fault):
    """A handler computes for a minute. It never lets go of the event loop, and of the interpreter only where Python
    makes it: its worker is not taken for dead."""

    name = "busy handler"
    seconds = 60.0
    threshold: ClassVar[float] = 10.0
    options: ClassVar[Mapping[str, Any]] = {
        "recovery": {
            "heartbeat_interval": 2.0,
            "sweep_interval": 1.0,
            "sweep_threshold": threshold,
            "recovery_delay": 0.0,
        }
    }

    async def prepare(self, lab: Lab) -> None:
        for _ in range(2):
            await lab.start_worker(**self.options)

    async def inflict(self, lab: Lab, seconds: float) -> None:
        lab.strike()
        job = -1
        payload = {"job": job, "seconds": seconds, "failures": 0}
        await lab.producer.add([JobSpec(identifier="compute", payload=payload)])
        deadline = time.monotonic() + 2 * seconds + STARTING
        while not _has_ended(lab, job):
            if time.monotonic() > deadline:
                raise LabError("the handler did not come to its end")
            await asyncio.sleep(0.5)


def _has_ended(lab: Lab, job: int) -> bool:
    records = lab.records()
    runs = {record.run for record in records if isinstance(record, Started) and record.job == job}
    return any(isinstance(record, Ended) and record.run in runs for record in records)


class FrozenWorkers(Fault):
    """SIGSTOP for longer than the threshold, so that others take over what it has; then SIGCONT: it must notice."""

    name = "worker SIGSTOP"
    heartbeat: ClassVar[float] = 0.5
    threshold: ClassVar[float] = 3.0
    grace: ClassVar[float] = 5.0
    frozen: ClassVar[float] = 6.0
    options: ClassVar[Mapping[str, Any]] = {
        "recovery": {
            "heartbeat_interval": heartbeat,
            "sweep_interval": 0.5,
            "sweep_threshold": threshold,
            "recovery_delay": 0.0,
            "connection_grace": grace,
        }
    }

    async def prepare(self, lab: Lab) -> None:
        for _ in range(2):
            await lab.start_worker(**self.options)

    async def inflict(self, lab: Lab, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        turn = 0
        while time.monotonic() < deadline:
            victim = lab.workers[turn % 2]
            turn += 1
            stopped = lab.strike()
            victim.signal(signal.SIGSTOP)
            await asyncio.sleep(self.frozen)
            victim.signal(signal.SIGCONT)
            # Its last sign of life may be as old as the interval.
            dead_from = stopped + int((self.threshold - self.heartbeat) * SECOND)
            # What had ended when it was stopped may not have been handed in.
            lab.declare_dead(victim, dead_from, time.monotonic_ns() + SECOND, silent_from=stopped)
            await asyncio.sleep(2)


class JumpingClock(Fault):
    """The wall clock of a worker jumps to and fro by an hour. The server's clock decides: nobody notices."""

    name = "clock jumps"
    jumps: ClassVar[tuple[str, ...]] = ("+3600", "-3600", "+0")
    options: ClassVar[Mapping[str, Any]] = {}

    def obstacle(self) -> str | None:
        return None if _faketime() else "libfaketime is not installed: apt-get install libfaketime"

    async def prepare(self, lab: Lab) -> None:
        library = _faketime()
        assert library is not None
        self._clock = lab.folder / f"clock-{os.urandom(4).hex()}"
        self._set_clock("+0")
        environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._clock),
            "FAKETIME_NO_CACHE": "1",
            # What measures time goes on as before: on a real machine, too.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        await lab.start_worker(environment=environment, **self.options)
        await lab.start_worker(**self.options)

    async def inflict(self, lab: Lab, seconds: float) -> None:
        for jump in self.jumps:
            lab.strike()
            self._set_clock(jump)
            await asyncio.sleep(seconds / len(self.jumps))

    def _set_clock(self, offset: str) -> None:
        # In one step: a file that is just being written is no time.
        new = self._clock.with_suffix(".new")
        new.write_text(offset + "\n")
        new.replace(self._clock)


class JumpingOwnClock(JumpingClock):
    """The jumping clock with use_local_time, forward: each worker starts what its own clock says is due.

    Without jobs that fail: their retry is due by that clock, too, an hour later than the others think.
    """

    name = "own clock jumps"
    jumps: ClassVar[tuple[str, ...]] = ("+600", "+3600")
    options: ClassVar[Mapping[str, Any]] = {"use_local_time": True}
    producer: ClassVar[Mapping[str, Any]] = {"with_retries": False}

    async def prepare(self, lab: Lab) -> None:
        lab.own_clock = True
        await super().prepare(lab)


def _faketime() -> Path | None:
    return next(Path("/").glob(_FAKETIME.lstrip("/")), None)
