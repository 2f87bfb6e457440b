"""Runs faults one after the other, and says what became of the jobs."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from graphile_worker import EmbeddedServer

from .fault import Fault
from .lab import Lab
from .network_faults import Cut, Silence
from .process_faults import BusyHandler, FrozenWorkers, JumpingClock, JumpingOwnClock, KilledOnce, KilledWorkers
from .server_faults import SETTINGS, Exhausted, FullDisk, KilledBackends, Restarts, StopsInTrouble
from .verdict import Verdict

FAULTS: Sequence[type[Fault]] = (
    KilledOnce,
    KilledWorkers,
    FrozenWorkers,
    Restarts,
    KilledBackends,
    StopsInTrouble,
    Exhausted,
    Cut,
    Silence,
    FullDisk,
    JumpingClock,
    JumpingOwnClock,
)
BY_NAME: Sequence[type[Fault]] = (*FAULTS, BusyHandler)
"""And those that take long, for who asks for them."""

BEFORE = 1.0
"""Seconds in which all is well."""
PATIENCE = 90.0
"""Seconds that the table may take to become empty once the fault is over."""


async def experiment(fault: Fault, server: EmbeddedServer, folder: Path, seconds: float) -> Verdict:
    """Inflicts a fault on a lab of its own, waits until all jobs are done, and returns the verdict.

    Raises LabError when it came to nothing.
    """
    lab = Lab(server, folder, **fault.producer)
    try:
        await lab.open()
        await fault.prepare(lab)
        lab.producer.start()
        await asyncio.sleep(BEFORE)
        await fault.inflict(lab, seconds)
        left = await lab.drain(PATIENCE)
        verdict = lab.judge(*left, *await lab.stop_workers())
        verdict.faults += fault.shortcomings(verdict, lab, seconds)
        return verdict
    finally:
        await lab.close()
        await fault.close()


@contextmanager
def scratch_server() -> Iterator[EmbeddedServer]:
    """Yields a server for all faults that bring none, gone with the block."""
    server = EmbeddedServer(tempfile.mkdtemp(prefix="graphile-worker-faults-"), settings=SETTINGS)
    try:
        yield server.start()
    finally:
        server.stop("immediate")
        server.remove()
