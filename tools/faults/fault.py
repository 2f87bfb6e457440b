"""What all faults have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

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
    own_server: ClassVar[bool] = False
    """Whether it brings the server it needs, instead of using that of all others."""

    def obstacle(self) -> str | None:
        """Why it can't be inflicted here; None when it can."""
        return None

    async def prepare(self, lab: Lab) -> None:
        """Starts the workers."""
        for _ in range(2):
            await lab.start_worker()

    async def inflict(self, lab: Lab, seconds: float) -> None:
        """Lets it happen for about that long; when this returns it is over."""
        raise NotImplementedError

    async def close(self) -> None:
        """Takes away what it brought; the workers have ended."""
