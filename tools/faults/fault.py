"""The base of all faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from graphile_worker import EmbeddedServer

from .lab import Lab
from .verdict import Verdict


class Fault:
    """Something that goes wrong, over and over, while jobs are added and run.

    A subclass inflicts it, and tells the lab when it struck and whom it made look dead.
    """

    name: ClassVar[str]
    seconds: ClassVar[float] = 12.0
    """How long it goes on in a full run."""
    producer: ClassVar[Mapping[str, Any]] = {}
    """Arguments for the producer."""
    least_jobs: ClassVar[float] = 5.0
    """Additions a second that must be confirmed, for the verdict to mean anything."""
    longest_recovery: ClassVar[float | None] = None
    """Seconds that a recovery may take, where that is promised."""

    def obstacle(self) -> str | None:
        """Tells why the fault can't be inflicted here; None when it can."""
        return None

    @contextmanager
    def server(self, common: EmbeddedServer) -> Iterator[EmbeddedServer]:
        """Yields the server to inflict the fault on: that of all others, if it does not bring one."""
        yield common

    async def prepare(self, lab: Lab) -> None:
        """Starts the workers."""
        for _ in range(2):
            await lab.start_worker()

    async def inflict(self, lab: Lab, seconds: float) -> None:
        """Lets the fault happen for about `seconds`; when this returns it is over."""
        raise NotImplementedError

    def shortcomings(self, verdict: Verdict, lab: Lab, seconds: float) -> list[str]:
        """Returns what keeps the verdict from meaning anything, or breaks a promise about this fault."""
        found = []
        if verdict.jobs < self.least_jobs * seconds:
            found.append(f"only {verdict.jobs} jobs were added in {seconds:g} s: this proves nothing")
        if not lab.strikes:
            found.append("nothing was inflicted: this proves nothing")
        if self.longest_recovery is not None and (verdict.recovery or 0) > self.longest_recovery:
            found.append(f"the recovery took {verdict.recovery:.1f} s, more than {self.longest_recovery:g} s")
        return found

    async def close(self) -> None:
        """Removes what the fault has set up; the workers have ended."""
