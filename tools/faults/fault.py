"""What all faults have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from graphile_worker import EmbeddedServer

from .lab import Lab


class Fault:
    """Something that goes wrong, over and over, while jobs are added and run.

    A subclass inflicts it, and tells the lab when it struck and whom it made look dead.
    """

    name: ClassVar[str]
    seconds: ClassVar[float] = 12.0
    """How long it goes on in a full run."""
    producer: ClassVar[Mapping[str, Any]] = {}
    """Arguments for the producer."""

    def obstacle(self) -> str | None:
        """Why it can't be inflicted here; None when it can."""
        return None

    @contextmanager
    def server(self, common: EmbeddedServer) -> Iterator[EmbeddedServer]:
        """The server to inflict it on: that of all others, if it does not bring one."""
        yield common

    async def prepare(self, lab: Lab) -> None:
        """Starts the workers."""
        for _ in range(2):
            await lab.start_worker()

    async def inflict(self, lab: Lab, seconds: float) -> None:
        """Lets it happen for about that long; when this returns it is over."""
        raise NotImplementedError

    async def close(self) -> None:
        """Takes away what it brought; the workers have ended."""
