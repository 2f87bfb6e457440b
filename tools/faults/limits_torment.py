"""Worker processes of the limits, of which some are killed, and others frozen."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time
from asyncio.subprocess import Process
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

from .lab import ROOT
from .limits_history import Absence, Run, runs_of

KILL_EVERY = 2.0
FREEZE_EVERY = 7.0
FROZEN_FOR = 4.0
"""Longer than the threshold of the workers, so that they are swept."""
AFTERWARDS = 1.0
"""Seconds that a process that wakes up may take to learn that it was taken for dead."""


class Mistreatment:
    """Worker processes, of which it kills some and freezes others."""

    def __init__(self, url: str, folder: Path) -> None:
        self.workers: list[Process] = []
        self.kills = self.freezes = 0
        self.absences: dict[Path, list[Absence]] = defaultdict(list)
        self._url = url
        self._folder = folder
        self._frozen: Process | None = None
        self._started = 0
        self._files: dict[Process, Path] = {}

    async def start(self) -> None:
        file = self._folder / f"worker-{self._started}"
        kind = ("default", "local")[self._started % 2]
        with file.with_suffix(".log").open("wb") as log:
            worker = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tools.faults.limits_worker", self._url, str(file), kind),
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        self._files[worker] = file
        self.workers.append(worker)
        self._started += 1

    def _ready(self) -> list[Process]:
        return [
            worker
            for worker in self.workers
            if worker is not self._frozen and "has begun" in self._files[worker].with_suffix(".log").read_text()
        ]

    async def kill(self) -> None:
        while True:
            await asyncio.sleep(KILL_EVERY)
            # The one that has run the longest; on a busy machine some have not begun yet.
            if len(ready := self._ready()) < 2:
                continue
            victim = ready[0]
            self.workers.remove(victim)
            await self.start()
            self.absences[self._files[victim]].append(Absence(time.clock_gettime(time.CLOCK_MONOTONIC)))
            victim.kill()
            await victim.wait()
            self.kills += 1

    async def freeze(self) -> None:
        while True:
            await asyncio.sleep(FREEZE_EVERY)
            if not (ready := self._ready()):
                continue
            self._frozen = victim = random.choice(ready)
            began = time.clock_gettime(time.CLOCK_MONOTONIC)
            victim.send_signal(signal.SIGSTOP)
            try:
                await asyncio.sleep(FROZEN_FOR)
            finally:
                ended = time.clock_gettime(time.CLOCK_MONOTONIC) + AFTERWARDS
                self.absences[self._files[victim]].append(Absence(began, ended))
                with suppress(ProcessLookupError):
                    victim.send_signal(signal.SIGCONT)
                self._frozen = None
            self.freezes += 1

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

    def runs(self) -> list[Run]:
        """Returns what all handlers wrote down."""
        return [
            run
            for file in self._files.values()
            if file.exists()
            for run in runs_of(file.read_text().splitlines(), self.absences[file])
        ]
